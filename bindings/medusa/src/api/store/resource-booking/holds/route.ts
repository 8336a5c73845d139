import { presentPublicHold } from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"
import { newHolder } from "../../../owner"
import { CreateHoldBody } from "../../../schemas"

export const POST = answer({ body: CreateHoldBody }, async (context) => {
  const { req, booking, body } = context
  const { holder, tell } = newHolder(context)
  const address = req.ip ?? ""
  await booking.checkOpenHolds(address, {
    count: 1,
    customerEmail: body.customer_email,
    token: body.idempotency_token,
  })
  const { hold, replayed } = await booking.ask("createHold", {
    resourceId: body.resource_id,
    dates: body.dates,
    quantity: body.quantity,
    customerEmail: body.customer_email,
    idempotencyToken: body.idempotency_token,
    holder,
  })
  booking.noteOpenHolds(address, [hold])
  tell()
  return { status: replayed ? 200 : 201, body: { hold: presentPublicHold(hold), replayed } }
})
