import { Input } from "@medusajs/ui"
import type { Days } from "../lib/types"
import { Field } from "./field"

type DateRangeProps = { value: Days; onChange: (days: Days) => void }

/** A first and a last day, both included. */
export const DateRange = ({ value, onChange }: DateRangeProps) => (
  <div className="grid grid-cols-2 gap-4">
    <Field label="First day">
      {(field) => (
        <Input
          {...field}
          type="date"
          required
          value={value.start_date}
          onChange={({ target }) => onChange({ ...value, start_date: target.value })}
        />
      )}
    </Field>
    <Field label="Last day">
      {(field) => (
        <Input
          {...field}
          type="date"
          required
          min={value.start_date}
          value={value.end_date}
          onChange={({ target }) => onChange({ ...value, end_date: target.value })}
        />
      )}
    </Field>
  </div>
)
