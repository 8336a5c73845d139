import { confirmForLine } from "../../../../../../checkout/confirm"
import { presentAllocation } from "../../../../../../modules/resource-booking/present"
import { answer } from "../../../../../answer"
import { noHold } from "../../../../../owner"
import { ConfirmBody } from "../../../../../schemas"

export const POST = answer({ body: ConfirmBody }, async ({ req, body }) => {
  const holdId = req.params.id
  const allocation = await confirmForLine(req.scope, {
    holdId,
    orderId: body.order_id,
    lineItemId: body.line_item_id,
  })
  if (!allocation) throw noHold(holdId)
  return { body: { allocation: presentAllocation(allocation) } }
})
