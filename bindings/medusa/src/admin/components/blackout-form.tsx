import { Input, Text } from "@medusajs/ui"
import { useState } from "react"
import { client } from "../lib/client"
import { today } from "../lib/days"
import { taken } from "../lib/taken"
import type { NewBlackout, Resource } from "../lib/types"
import { useChange } from "../lib/use-change"
import { useLoad } from "../lib/use-load"
import { counted } from "../lib/written"
import { ConflictList } from "./conflict-list"
import { DateRange } from "./date-range"
import { Field } from "./field"
import { FormDrawer } from "./form-drawer"
import { ResourceChoice } from "./resource-choice"
import { Loaded } from "./states"
import { Tick } from "./tick"

type BlackoutFormProps = {
  resources: Resource[]
  resourceId: string
  onDone: () => void
  onClose: () => void
}

const emptyFor = (resource?: Resource): NewBlackout => ({
  resource_id: resource?.id ?? "",
  start_date: today(resource?.timezone),
  end_date: today(resource?.timezone),
  reason: "",
  on_conflict: "refuse",
})

/** What is in the way, asked for as soon as there is a range. */
function Conflicts({ blackout, onKeep }: { blackout: NewBlackout; onKeep: (is: boolean) => void }) {
  const { resource_id, start_date, end_date, on_conflict } = blackout
  const load = useLoad(
    () => taken(resource_id, { start_date, end_date }),
    [resource_id, start_date, end_date],
  )
  return (
    <section
      aria-label="Conflicts"
      aria-live="polite"
      className="border-ui-border-base flex flex-col gap-y-2 rounded-lg border px-4 py-3"
    >
      <Loaded load={load}>
        {({ holds, allocations }) =>
          holds.length + allocations.length === 0 ? (
            <Text size="small">Nothing is held or booked on these days.</Text>
          ) : (
            <>
              <Text size="small" weight="plus">
                On these days there are {counted(allocations.length, "booking")} and{" "}
                {counted(holds.length, "hold")}:
              </Text>
              <ConflictList label="Conflicts" holds={holds} allocations={allocations} />
              <Tick
                label="Close the days all the same; what is there stays"
                checked={on_conflict === "keep"}
                onChange={onKeep}
              />
            </>
          )
        }
      </Loaded>
    </section>
  )
}

export function BlackoutForm({ resources, resourceId, onDone, onClose }: BlackoutFormProps) {
  const first = resources.find(({ id }) => id === resourceId) ?? resources[0]
  const [blackout, setBlackout] = useState(() => emptyFor(first))
  const change = useChange()
  // A choice to close all the same was made about the days that were shown then.
  const set = (some: Partial<NewBlackout>) =>
    setBlackout({ ...blackout, on_conflict: "refuse", ...some })
  const { resource_id, start_date, end_date, reason } = blackout

  const save = async () => {
    if (await change.run(() => client.createBlackout(blackout), "The days are closed")) onDone()
  }

  return (
    <FormDrawer
      title="Close days"
      about="Nothing new can be booked on them, whatever places there are."
      submit="Close the days"
      change={change}
      onSubmit={() => void save()}
      onClose={onClose}
    >
      <ResourceChoice
        resources={resources}
        value={resource_id}
        onChange={(id) => set({ resource_id: id })}
      />
      <DateRange value={{ start_date, end_date }} onChange={set} />
      <Field label="Reason" hint="For the staff; shoppers do not see it.">
        {(field) => (
          <Input
            {...field}
            value={reason}
            onChange={({ target }) => setBlackout({ ...blackout, reason: target.value })}
          />
        )}
      </Field>
      {resource_id && start_date && end_date >= start_date && (
        <Conflicts
          blackout={blackout}
          onKeep={(is) => setBlackout({ ...blackout, on_conflict: is ? "keep" : "refuse" })}
        />
      )}
    </FormDrawer>
  )
}
