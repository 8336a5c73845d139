import { Alert, Button, Text } from "@medusajs/ui"
import type { ReactNode } from "react"
import { Link } from "react-router-dom"
import type { Load } from "../lib/use-load"

export const Loading = () => (
  <div role="status" className="flex flex-col gap-y-2 px-6 py-4">
    <Text size="small" className="text-ui-fg-subtle">
      Loading…
    </Text>
    <div aria-hidden className="bg-ui-bg-component h-8 w-full animate-pulse rounded-md" />
    <div aria-hidden className="bg-ui-bg-component h-8 w-2/3 animate-pulse rounded-md" />
  </div>
)

export const Failed = ({ error, reload }: { error: Error; reload: () => void }) => (
  <div role="alert" className="flex flex-col items-start gap-y-3 px-6 py-4">
    <Alert variant="error">{error.message}</Alert>
    <Button size="small" variant="secondary" onClick={reload}>
      Try again
    </Button>
  </div>
)

export const Empty = ({ children }: { children: ReactNode }) => (
  <Text size="small" className="text-ui-fg-subtle px-6 py-8 text-center">
    {children}
  </Text>
)

/** Where the first one is made. */
export const NoResources = () => (
  <>
    There are no resources yet.{" "}
    <Link className="text-ui-fg-base underline" to="/resource-booking/resources">
      Create one
    </Link>
  </>
)

type LoadedProps<T> = {
  load: Load<T>
  /** Said in place of the content where there is none. */
  empty?: ReactNode
  children: (data: T) => ReactNode
}

/** What was loaded, or why it is not there. */
export function Loaded<T>({ load, empty, children }: LoadedProps<T>) {
  const { data, error, reload } = load
  if (error) return <Failed error={error} reload={reload} />
  if (data === undefined) return <Loading />
  const isEmpty = Array.isArray(data) && data.length === 0 && empty !== undefined
  return <>{isEmpty ? <Empty>{empty}</Empty> : children(data)}</>
}
