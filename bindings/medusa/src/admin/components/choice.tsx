import { Select } from "@medusajs/ui"

type ChoiceProps = {
  id: string
  value: string
  onChange: (value: string) => void
  options: [value: string, label: string][]
  placeholder?: string
}

/** One of a list. */
export const Choice = ({ id, value, onChange, options, placeholder, ...rest }: ChoiceProps) => (
  <Select value={value} onValueChange={onChange} size="small">
    <Select.Trigger id={id} {...rest} className="min-w-[12rem]">
      <Select.Value placeholder={placeholder} />
    </Select.Trigger>
    <Select.Content>
      {options.map(([option, label]) => (
        <Select.Item key={option} value={option}>
          {label}
        </Select.Item>
      ))}
    </Select.Content>
  </Select>
)
