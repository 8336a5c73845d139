import { Button, Input, Text } from "@medusajs/ui"
import { useState, type FormEvent } from "react"
import { client } from "../lib/client"
import { addDays, today, WEEKDAYS } from "../lib/days"
import type { Capacity, CapacitySet, Resource } from "../lib/types"
import { useChange } from "../lib/use-change"
import { counted } from "../lib/written"
import { CalendarLink } from "./calendar-link"
import { Choice } from "./choice"
import { DateRange } from "./date-range"
import { Field } from "./field"
import { Refused } from "./refused"
import { Weekdays } from "./weekdays"

const emptyFor = (resource: Resource): Capacity => {
  const now = today(resource.timezone)
  return {
    resource_id: resource.id,
    start_date: now,
    end_date: addDays(now, 365),
    daily_capacity: 1,
    weekdays: WEEKDAYS,
    on_existing: "keep",
  }
}

const EXISTING: [Capacity["on_existing"], string][] = [
  ["keep", "Leave them as they are"],
  ["replace", "Set them too"],
]

/** The places of each day of a range, on some weekdays or on all. */
export function CapacityForm({ resource }: { resource: Resource }) {
  const [capacity, setCapacity] = useState(() => emptyFor(resource))
  const [result, setResult] = useState<CapacitySet>()
  const change = useChange()
  const set = (some: Partial<Capacity>) => {
    setCapacity({ ...capacity, ...some })
    setResult(undefined)
  }
  const save = (event: FormEvent) => {
    event.preventDefault()
    void change.run(async () => setResult(await client.setCapacity(capacity)), "Places were set")
  }

  return (
    <form onSubmit={save} className="flex flex-col gap-y-4 px-6 py-4 lg:pr-[40%]">
      <DateRange value={capacity} onChange={set} />
      <Weekdays value={capacity.weekdays} onChange={(weekdays) => set({ weekdays })} />
      <Field label="Places on each day">
        {(field) => (
          <Input
            {...field}
            type="number"
            min={0}
            required
            value={capacity.daily_capacity}
            onChange={({ target }) => set({ daily_capacity: target.valueAsNumber })}
          />
        )}
      </Field>
      <Field label="Days that have places already">
        {(field) => (
          <Choice
            {...field}
            value={capacity.on_existing}
            onChange={(value) => set({ on_existing: value as Capacity["on_existing"] })}
            options={EXISTING}
          />
        )}
      </Field>
      <Refused error={change.error} />
      <div className="flex items-center gap-x-4">
        <Button type="submit" isLoading={change.isBusy}>
          Set the places
        </Button>
        <Text size="small" role="status">
          {result && (
            <>
              {counted(result.days_created, "day")} new, {result.days_changed} changed.{" "}
              <CalendarLink resourceId={resource.id}>See the calendar</CalendarLink>
            </>
          )}
        </Text>
      </div>
    </form>
  )
}
