import { presentDay } from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"
import { checkRange } from "../../../range"
import { AvailabilityQuery } from "../../../schemas"

export const GET = answer({ query: AvailabilityQuery }, async ({ booking, query }) => {
  const { resource_id, start_date, end_date, quantity } = query
  checkRange(start_date, end_date, booking.settings.limits.rangeDays)
  const { days } = await booking.ask("checkAvailability", {
    resourceId: resource_id,
    startDate: start_date,
    endDate: end_date,
    quantity,
  })
  return { body: { available_dates: days.map(presentDay) } }
})
