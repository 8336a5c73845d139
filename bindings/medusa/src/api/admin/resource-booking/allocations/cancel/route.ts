import { presentAllocation } from "../../../../../modules/resource-booking/present"
import { answer } from "../../../../answer"
import { CancelOrderBody } from "../../../../schemas"

export const POST = answer({ body: CancelOrderBody }, async ({ booking, body }) => {
  const { allocations } = await booking.ask("cancelAllocation", {
    orderId: body.order_id,
    lineItemId: body.line_item_id,
  })
  return { body: { allocations: allocations.map(presentAllocation) } }
})
