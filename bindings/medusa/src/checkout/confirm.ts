import type { MedusaContainer } from "@medusajs/framework/types"
import { Modules } from "@medusajs/framework/utils"
import type { Allocation } from "holdfast"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import { answerTo, type BookingError, isBookingError } from "../modules/resource-booking/errors"
import type ResourceBookingService from "../modules/resource-booking/service"
import { bookedLines } from "./bookable"
import { reopenCart } from "./cancel"
import { cartHolds, isInCart, putIntoCart } from "./cart-holds"
import { findOrder, paidBefore, type ShopOrder } from "./order"
import { type BookedLine, isOpen, type LineHold, planHolds } from "./plan"

export const REFUND_REQUIRED = "resource-booking.refund_required"

const service = (container: MedusaContainer) =>
  container.resolve<ResourceBookingService>(RESOURCE_BOOKING)

type Refused = { line_item_id: string; code: string }
type Confirmed = { allocations: Allocation[]; refused: Refused[] }
const NOTHING: Confirmed = { allocations: [], refused: [] }

/** The lines of an order that have not been booked yet; one that was cancelled stays so. */
async function unbookedLines(container: MedusaContainer, order: ShopOrder) {
  const lines = await bookedLines(container, order.items, "keep")
  const { items } = await service(container).ask("listAllocations", {
    orderId: order.id,
    limit: 1000,
  })
  const booked = new Set(items.map(({ lineItemId }) => lineItemId))
  return { lines: lines.filter(({ id }) => !booked.has(id!)), allocations: items }
}

/** Places for what no hold of the cart is for any more. */
async function holdRest(
  container: MedusaContainer,
  order: ShopOrder,
  line: BookedLine,
  quantity: number,
): Promise<LineHold> {
  const { hold } = await service(container).ask("createHold", {
    resourceId: line.resourceId,
    dates: line.dates,
    quantity,
    customerEmail: order.email ?? undefined,
    holder: `cart:${order.cart_id}`,
    idempotencyToken: `${order.id}:${line.id}`,
  })
  await putIntoCart(container, order.cart_id!, hold.id)
  return hold
}

async function bookLine(
  container: MedusaContainer,
  order: ShopOrder,
  line: BookedLine,
  own: LineHold[],
): Promise<Allocation[]> {
  const missing = line.quantity - own.reduce((sum, { quantity }) => sum + quantity, 0)
  const holds = missing > 0 ? [...own, await holdRest(container, order, line, missing)] : own
  const { allocations } = await service(container).ask("confirmHolds", {
    holdIds: holds.map(({ id }) => id),
    orderId: order.id,
    lineItemId: line.id,
    asHost: true,
    ifExpired: "reclaim",
  })
  return allocations
}

/**
 * Books the lines of an order on the holds of its cart. What has expired is taken again where its
 * places are still free. Called again it does nothing.
 *
 * A line that cannot be booked takes the others back and is thrown; unless the order must stand,
 * because it was paid before: then it is marked, and an event says so.
 */
export async function confirmOrder(
  container: MedusaContainer,
  orderId: string,
  mustStand: (order: ShopOrder) => boolean = paidBefore,
): Promise<Confirmed> {
  const order = await findOrder(container, orderId)
  if (!order?.cart_id || order.status === "canceled" || isMarked(order)) return NOTHING
  const { lines, allocations } = await unbookedLines(container, order)
  if (lines.length === 0) return { allocations, refused: [] }
  const holds = (await cartHolds(container, order.cart_id)).filter(
    (hold) => isOpen(hold) || hold.status === "EXPIRED",
  )
  const { cover } = planHolds(lines, holds)
  const refused: Refused[] = []
  for (const line of lines) {
    try {
      allocations.push(...(await bookLine(container, order, line, cover.get(line)!)))
    } catch (error) {
      if (!mustStand(order)) await reopenCart(container, orderId, order.cart_id)
      if (!mustStand(order) || !isRefused(error)) throw error
      refused.push({ line_item_id: line.id!, code: error.code })
    }
  }
  service(container).log.checkout.debug(`${orderId}: ${allocations.length} bookings`)
  if (refused.length > 0) await markForRefund(container, order, refused)
  return { allocations, refused }
}

const isMarked = ({ metadata }: ShopOrder) =>
  (metadata?.resource_booking as { status?: string } | undefined)?.status === "refund_required"

/** An answer, and not a failure to answer, which may go away. */
const isRefused = (error: unknown): error is BookingError =>
  isBookingError(error) && error.code !== "BUSY" && answerTo(error.code).status < 500

async function markForRefund(container: MedusaContainer, order: ShopOrder, refused: Refused[]) {
  const mark = { status: "refund_required", lines: refused }
  await container
    .resolve(Modules.ORDER)
    .updateOrders(order.id, { metadata: { ...order.metadata, resource_booking: mark } })
  await container
    .resolve(Modules.EVENT_BUS)
    .emit({ name: REFUND_REQUIRED, data: { id: order.id, cart_id: order.cart_id, lines: refused } })
  service(container).log.checkout.warn(`${order.id}: paid, but its places are gone: refund it`)
}

/**
 * Books one hold for one line. Whether it may is the order's to say: it must come from the cart
 * that the hold is in, and carry that line for those days. Undefined: it may not.
 */
export async function confirmForLine(
  container: MedusaContainer,
  { holdId, orderId, lineItemId }: { holdId: string; orderId: string; lineItemId: string },
): Promise<Allocation | undefined> {
  const [order, hold] = await Promise.all([
    findOrder(container, orderId),
    service(container).findHold(holdId),
  ])
  const item = order?.items.find(({ id }) => id === lineItemId)
  if (!hold || !item || !order?.cart_id || order.status === "canceled") return undefined
  if (!(await isInCart(container, order.cart_id, holdId))) return undefined
  const [line] = await bookedLines(container, [item], "drop")
  const { items } = await service(container).ask("listAllocations", { orderId, lineItemId })
  const others = items.filter((allocation) => allocation.holdId !== holdId)
  const booked = others.reduce((sum, { quantity }) => sum + quantity, 0)
  if (!line || !isFor(hold, line) || booked + hold.quantity > line.quantity) return undefined
  const { allocation } = await service(container).ask("confirmHold", {
    holdId,
    orderId,
    lineItemId,
    asHost: true,
    ifExpired: "reclaim",
  })
  return allocation
}

const isFor = (hold: LineHold, line: BookedLine) =>
  hold.resourceId === line.resourceId && hold.dates.join() === line.dates.join()
