import { useState } from "react"
import { client } from "../lib/client"
import { firstOf, lastOf, longMonth, monthOf, today } from "../lib/days"
import type { Resource } from "../lib/types"
import { useLoad } from "../lib/use-load"
import { DayDrawer } from "./day-drawer"
import { Legend } from "./legend"
import { MonthChoice } from "./month-choice"
import { MonthGrid } from "./month-grid"
import { Loaded } from "./states"

/** A resource's month; a day opens what is on it. */
export function Calendar({ resource }: { resource: Resource }) {
  const now = today(resource.timezone)
  const [month, setMonth] = useState(monthOf(now))
  const [open, setOpen] = useState("")
  const load = useLoad(
    () => client.report(resource.id, { start_date: firstOf(month), end_date: lastOf(month) }),
    [resource.id, month],
  )
  const opened = load.data?.days.find(({ date }) => date === open)

  return (
    <>
      <MonthChoice month={month} thisMonth={monthOf(now)} onChange={setMonth} />
      <Legend />
      <Loaded load={load}>
        {({ days }) => (
          <MonthGrid
            label={`${resource.name}, ${longMonth(firstOf(month))}`}
            days={days}
            today={now}
            onOpen={setOpen}
          />
        )}
      </Loaded>
      {opened && (
        <DayDrawer resourceId={resource.id} day={opened} onClose={() => setOpen("")} />
      )}
    </>
  )
}
