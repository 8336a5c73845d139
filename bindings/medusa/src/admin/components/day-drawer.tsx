import { Drawer } from "@medusajs/ui"
import { client } from "../lib/client"
import { longDay } from "../lib/days"
import type { Conflicts, ReportDay } from "../lib/types"
import { useLoad } from "../lib/use-load"
import { ConflictList } from "./conflict-list"
import { DrawerHead } from "./drawer-head"
import { Empty, Loaded } from "./states"

type DayDrawerProps = { resourceId: string; day: ReportDay; onClose: () => void }

const summary = ({ blackout, booked, held, available_capacity, max_capacity }: ReportDay) =>
  `${blackout ? "Closed. " : ""}${booked} booked, ${held} held, ` +
  `${available_capacity} of ${max_capacity} free`

/** What is held on a day, and what is booked, with the orders. */
async function askDay(resourceId: string, date: string): Promise<Conflicts> {
  const days = { start_date: date, end_date: date }
  const [{ holds }, bookings] = await Promise.all([
    client.conflicts(resourceId, days),
    client.bookings({ resource_id: resourceId, status: "CONFIRMED", limit: 1000, ...days }),
  ])
  return { holds, allocations: bookings.items }
}

export function DayDrawer({ resourceId, day, onClose }: DayDrawerProps) {
  const load = useLoad(() => askDay(resourceId, day.date), [resourceId, day.date])
  return (
    <Drawer open onOpenChange={(isOpen) => isOpen || onClose()}>
      <Drawer.Content>
        <DrawerHead title={longDay(day.date)} about={summary(day)} />
        <Drawer.Body className="overflow-y-auto">
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
      </Drawer.Content>
    </Drawer>
  )
}
