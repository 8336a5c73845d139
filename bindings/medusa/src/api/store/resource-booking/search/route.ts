import { BookingError } from "../../../../modules/resource-booking/errors"
import { presentAvailability } from "../../../../modules/resource-booking/present"
import type ResourceBookingService from "../../../../modules/resource-booking/service"
import { answer } from "../../../answer"
import { checkRange } from "../../../range"
import { SearchQuery } from "../../../schemas"

type Wanted = { type?: string; resource_ids?: string[] }

async function idsOf(booking: ResourceBookingService, { type, resource_ids }: Wanted) {
  const most = booking.settings.limits.resources
  if ((type === undefined) === (resource_ids === undefined)) {
    throw new BookingError("INVALID_ARGUMENT", "type: it or resource_ids is wanted, and not both", {
      field: "type",
    })
  }
  if (!resource_ids) {
    const { items } = await booking.ask("listResources", { type, isActive: true, limit: most })
    return items.map(({ id }) => id)
  }
  if (resource_ids.length <= most) return resource_ids
  throw new BookingError("INVALID_ARGUMENT", `resource_ids: at most ${most} at once`, {
    field: "resource_ids",
  })
}

export const GET = answer({ query: SearchQuery }, async ({ booking, query }) => {
  const { start_date, end_date, quantity, consecutive_days } = query
  checkRange(start_date, end_date, booking.settings.limits.rangeDays)
  const resourceIds = await idsOf(booking, query)
  if (resourceIds.length === 0) return { body: { resources: [] } }
  const { resources } = await booking.ask("searchAvailability", {
    resourceIds,
    startDate: start_date,
    endDate: end_date,
    quantity,
    consecutiveDays: consecutive_days,
  })
  return { body: { resources: resources.map(presentAvailability) } }
})
