import type { Weekday } from "holdfast"
import { answer } from "../../../../answer"
import { InitializeBody } from "../../../../schemas"

export const POST = answer({ body: InitializeBody }, async ({ booking, body }) => {
  const { daysCreated, daysChanged, replayed } = await booking.ask("initializeCapacity", {
    resourceId: body.resource_id,
    startDate: body.start_date,
    endDate: body.end_date,
    dailyCapacity: body.daily_capacity,
    weekdays: body.weekdays as Weekday[] | undefined,
    onExisting: body.on_existing,
    idempotencyToken: body.idempotency_token,
  })
  return { body: { days_created: daysCreated, days_changed: daysChanged, replayed } }
})
