import { presentHold } from "../../../../../../modules/resource-booking/present"
import { answer } from "../../../../../answer"
import { MoveBody } from "../../../../../schemas"

export const POST = answer({ body: MoveBody }, async ({ req, booking, body }) => {
  const { hold } = await booking.ask("moveHold", {
    holdId: req.params.id,
    asHost: true,
    dates: body.dates,
    quantity: body.quantity,
    idempotencyToken: body.idempotency_token,
  })
  return { body: { hold: presentHold(hold) } }
})
