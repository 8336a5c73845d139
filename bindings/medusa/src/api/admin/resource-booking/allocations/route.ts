import type { Allocation } from "holdfast"
import { presentAllocation } from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"
import { orderIdsLike, ordersOf } from "../../../orders"
import { AllocationsQuery } from "../../../schemas"

export const GET = answer({ query: AllocationsQuery }, async ({ req, booking, query }) => {
  const { q, limit = 100, after, order_id } = query
  const ask = (orderId?: string) =>
    booking.ask("listAllocations", {
      orderId,
      resourceId: query.resource_id,
      lineItemId: query.line_item_id,
      status: query.status,
      startDate: query.start_date,
      endDate: query.end_date,
      limit,
      after,
    })
  let items: Allocation[]
  let next: string | undefined
  if (q && !order_id) {
    const pages = await Promise.all((await orderIdsLike(req.scope, q)).map(ask))
    items = pages.flatMap((page) => page.items).slice(0, limit)
  } else {
    ;({ items, next } = await ask(order_id))
  }
  const orders = await ordersOf(
    req.scope,
    items.map(({ orderId }) => orderId),
  )
  return {
    body: {
      allocations: items.map((allocation) => ({
        ...presentAllocation(allocation),
        order: orders.get(allocation.orderId) ?? null,
      })),
      next: next ?? null,
    },
  }
})
