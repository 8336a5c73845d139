import { presentPublicHold } from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"
import { newHolder } from "../../../owner"
import { CreateHoldGroupBody } from "../../../schemas"

export const POST = answer({ body: CreateHoldGroupBody }, async (context) => {
  const { req, booking, body } = context
  const { holder, tell } = newHolder(context)
  const request = {
    address: req.ip ?? "",
    count: body.items.length,
    customerEmail: body.customer_email,
    token: body.idempotency_token,
  }
  await booking.checkOpenHolds(request)
  const { holds, groupId, replayed } = await booking.ask("createHolds", {
    items: body.items.map(({ resource_id, dates, quantity }) => ({
      resourceId: resource_id,
      dates,
      quantity,
    })),
    customerEmail: body.customer_email,
    idempotencyToken: body.idempotency_token,
    holder,
  })
  booking.noteOpenHolds(request, holds)
  tell()
  return {
    status: replayed ? 200 : 201,
    body: { group_id: groupId, holds: holds.map(presentPublicHold), replayed },
  }
})
