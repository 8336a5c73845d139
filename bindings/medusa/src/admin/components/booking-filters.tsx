import type { BookingStatus, Resource } from "../lib/types"
import { Choice } from "./choice"
import { Field } from "./field"
import { ResourceChoice } from "./resource-choice"
import { SearchField } from "./search-field"

export type Filters = { q: string; status?: BookingStatus }

type BookingFiltersProps = {
  resources: Resource[]
  resourceId: string
  filters: Filters
  onResource: (id: string) => void
  onChange: (some: Partial<Filters>) => void
}

const STATUSES: [string, string][] = [
  ["all", "All"],
  ["CONFIRMED", "Confirmed"],
  ["CANCELLED", "Cancelled"],
]

export const BookingFilters = (props: BookingFiltersProps) => (
  <>
    <SearchField
      label="Search"
      placeholder="Order or e-mail"
      onSearch={(q) => props.onChange({ q })}
    />
    <ResourceChoice
      resources={props.resources}
      value={props.resourceId}
      onChange={props.onResource}
      all="All"
    />
    <Field label="Status">
      {(field) => (
        <Choice
          {...field}
          value={props.filters.status ?? "all"}
          onChange={(value) =>
            props.onChange({ status: value === "all" ? undefined : (value as BookingStatus) })
          }
          options={STATUSES}
        />
      )}
    </Field>
  </>
)
