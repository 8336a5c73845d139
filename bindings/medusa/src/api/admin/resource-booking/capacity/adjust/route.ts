import { presentCapacity } from "../../../../../modules/resource-booking/present"
import { answer } from "../../../../answer"
import { AdjustBody } from "../../../../schemas"

export const POST = answer({ body: AdjustBody }, async ({ booking, body }) => {
  const { days, replayed } = await booking.ask("adjustCapacity", {
    resourceId: body.resource_id,
    dates: body.dates,
    delta: body.delta,
    idempotencyToken: body.idempotency_token,
  })
  return { body: { capacities: days.map(presentCapacity), replayed } }
})
