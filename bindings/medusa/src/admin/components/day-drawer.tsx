import { Drawer } from "@medusajs/ui"
import { longDay } from "../lib/days"
import { taken } from "../lib/taken"
import type { ReportDay } from "../lib/types"
import { useLoad } from "../lib/use-load"
import { ConflictList } from "./conflict-list"
import { DrawerHead } from "./drawer-head"
import { Side } from "./side"
import { Empty, Loaded } from "./states"

type DayDrawerProps = { resourceId: string; day: ReportDay; onClose: () => void }

const summary = ({ blackout, booked, held, available_capacity, max_capacity }: ReportDay) =>
  `${blackout ? "Closed. " : ""}${booked} booked, ${held} held, ` +
  `${available_capacity} of ${max_capacity} free`

/** What is held on a day, and what is booked, with the orders. */
export function DayDrawer({ resourceId, day, onClose }: DayDrawerProps) {
  const { date } = day
  const load = useLoad(
    () => taken(resourceId, { start_date: date, end_date: date }),
    [resourceId, date],
  )
  return (
    <Side onClose={onClose}>
      <DrawerHead title={longDay(date)} about={summary(day)} />
      <Drawer.Body className="overflow-y-auto py-2">
        <Loaded load={load}>
          {({ holds, allocations }) =>
            holds.length + allocations.length === 0 ? (
              <Empty>Nothing is held or booked on this day.</Empty>
            ) : (
              <ConflictList
                label="Held and booked on this day"
                holds={holds}
                allocations={allocations}
              />
            )
          }
        </Loaded>
      </Drawer.Body>
    </Side>
  )
}
