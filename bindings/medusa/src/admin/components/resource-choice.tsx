import type { Resource } from "../lib/types"
import { Choice } from "./choice"
import { Field } from "./field"

type ResourceChoiceProps = {
  resources: Resource[]
  value: string
  onChange: (id: string) => void
  /** What none of them is called, where that is a choice. */
  all?: string
}

const ALL = "all"

export function ResourceChoice({ resources, value, onChange, all }: ResourceChoiceProps) {
  const options = resources.map(({ id, name }): [string, string] => [id, name])
  if (all) options.unshift([ALL, all])
  return (
    <Field label="Resource">
      {(field) => (
        <Choice
          {...field}
          value={value || (all ? ALL : "")}
          onChange={(id) => onChange(id === ALL ? "" : id)}
          options={options}
          placeholder="Choose a resource"
        />
      )}
    </Field>
  )
}
