import { Text } from "@medusajs/ui"

type FigureProps = { name: string; value: string; about: string }

export const Figure = ({ name, value, about }: FigureProps) => (
  <div className="bg-ui-bg-subtle rounded-lg px-4 py-3">
    <dt>
      <Text size="small" className="text-ui-fg-subtle">
        {name}
      </Text>
    </dt>
    <dd>
      <Text size="xlarge" weight="plus">
        {value}
      </Text>
      <Text size="xsmall" className="text-ui-fg-subtle">
        {about}
      </Text>
    </dd>
  </div>
)
