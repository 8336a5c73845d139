import { presentAllocation } from "../../../../../../modules/resource-booking/present"
import { answer } from "../../../../../answer"
import { MoveBody } from "../../../../../schemas"

export const POST = answer({ body: MoveBody }, async ({ req, booking, body }) => {
  const { allocation } = await booking.ask("moveAllocation", {
    allocationId: req.params.id,
    dates: body.dates,
    quantity: body.quantity,
    idempotencyToken: body.idempotency_token,
  })
  return { body: { allocation: presentAllocation(allocation) } }
})
