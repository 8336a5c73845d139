import { presentPublicHold } from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"
import { newHolder } from "../../../owner"
import { CreateHoldBody } from "../../../schemas"

export const POST = answer({ body: CreateHoldBody }, async (context) => {
  const { req, booking, body } = context
  const { holder, tell } = newHolder(context)
  const request = {
    address: req.ip ?? "",
    count: 1,
    customerEmail: body.customer_email,
    token: body.idempotency_token,
  }
  await booking.checkOpenHolds(request)
  const { hold, replayed } = await booking.ask("createHold", {
    resourceId: body.resource_id,
    dates: body.dates,
    quantity: body.quantity,
    customerEmail: body.customer_email,
    idempotencyToken: body.idempotency_token,
    holder,
  })
  booking.noteOpenHolds(request, [hold])
  tell()
  return { status: replayed ? 200 : 201, body: { hold: presentPublicHold(hold), replayed } }
})
