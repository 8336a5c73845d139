import type { Hold } from "holdfast"
import { presentAllocation, presentHold } from "../../../../../modules/resource-booking/present"
import type ResourceBookingService from "../../../../../modules/resource-booking/service"
import { answer } from "../../../../answer"
import { everyPage } from "../../../../pages"
import { ReportQuery } from "../../../../schemas"

/** Holds are not listed by their days. */
async function holdsInside(
  booking: ResourceBookingService,
  resourceId: string,
  start: string,
  end: string,
): Promise<Hold[]> {
  const holds = await everyPage((after) =>
    booking.ask("listHolds", { resourceId, status: "ACTIVE", limit: 1000, after }),
  )
  return holds.filter(({ dates }) => dates.some((day) => day >= start && day <= end))
}

export const GET = answer({ query: ReportQuery }, async ({ booking, query }) => {
  const { resource_id: resourceId, start_date: startDate, end_date: endDate } = query
  await booking.ask("retrieveResource", { resourceId })
  const [holds, allocations] = await Promise.all([
    holdsInside(booking, resourceId, startDate, endDate),
    everyPage((after) =>
      booking.ask("listAllocations", {
        resourceId,
        startDate,
        endDate,
        status: "CONFIRMED",
        limit: 1000,
        after,
      }),
    ),
  ])
  return {
    body: { holds: holds.map(presentHold), allocations: allocations.map(presentAllocation) },
  }
})
