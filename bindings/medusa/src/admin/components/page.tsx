import { Container, Heading, Text } from "@medusajs/ui"
import type { ReactNode } from "react"

type PageProps = { title: string; about: string; actions?: ReactNode; children: ReactNode }

export const Page = ({ title, about, actions, children }: PageProps) => (
  <Container className="divide-y overflow-hidden p-0">
    <div className="flex flex-wrap items-start justify-between gap-4 px-6 py-4">
      <div>
        <Heading level="h1">{title}</Heading>
        <Text size="small" className="text-ui-fg-subtle">
          {about}
        </Text>
      </div>
      {actions && <div className="flex flex-wrap items-end gap-2">{actions}</div>}
    </div>
    {children}
  </Container>
)
