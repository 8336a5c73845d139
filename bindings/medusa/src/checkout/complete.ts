import type { MedusaContainer } from "@medusajs/framework/types"
import { Modules } from "@medusajs/framework/utils"
import type { Allocation } from "holdfast"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import { type BookingError, isBookingError } from "../modules/resource-booking/errors"
import type ResourceBookingService from "../modules/resource-booking/service"
import { bookedLines } from "./bookable"
import { cartHolds, isInCart, putIntoCart } from "./cart-holds"
import {
  findCart,
  findOrder,
  isPaid,
  orderOf,
  paidBefore,
  type ShopCart,
  type ShopOrder,
} from "./order"
import { type BookedLine, isOpen, type LineHold, planHolds } from "./plan"
import { getPlaces, giveBackPlaces, keepThroughPayment } from "./reconcile"

export const REFUND_REQUIRED = "resource-booking.refund_required"

const service = (container: MedusaContainer) =>
  container.resolve<ResourceBookingService>(RESOURCE_BOOKING)

/**
 * Before a cart becomes an order: each line has its places, for as long as payment takes. A cart
 * that was paid already passes, because its order must exist to be refunded.
 */
export async function validateCart(container: MedusaContainer, cart: ShopCart): Promise<void> {
  if (cart.completed_at) return finishOrder(container, cart.id)
  const lines = await bookedLines(container, cart.items)
  if (lines.length === 0 || (await isPaid(container, cart.id))) return
  const input = { cartId: cart.id, email: cart.email, lines }
  await freeOrphans(container, cart.id)
  await getPlaces(container, input)
  await giveBackPlaces(container, input)
  await keepThroughPayment(container, cart.id)
}

/** The cart is an order already; should its process have died before it was booked, it is now. */
export async function finishOrder(container: MedusaContainer, cartId: string): Promise<void> {
  const orderId = await orderOf(container, cartId)
  if (orderId) await confirmOrder(container, orderId, () => true)
}

type Refused = { line_item_id: string; code: string }
type Confirmed = { allocations: Allocation[]; refused: Refused[] }

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
      if (!isRefused(error) || !mustStand(order)) {
        await reopenCart(container, orderId, order.cart_id)
        throw error
      }
      refused.push({ line_item_id: line.id!, code: error.code })
    }
  }
  service(container).log.checkout.debug(`${orderId}: ${allocations.length} bookings`)
  if (refused.length > 0) await markForRefund(container, order, refused)
  return { allocations, refused }
}

const NOTHING: Confirmed = { allocations: [], refused: [] }

const isMarked = ({ metadata }: ShopOrder) =>
  (metadata?.resource_booking as { status?: string } | undefined)?.status === "refund_required"

/** An answer, and not a failure to answer, which may go away. */
const isRefused = (error: unknown): error is BookingError =>
  isBookingError(error) && !["BUSY", "UNAVAILABLE", "UNKNOWN", "CLOSED"].includes(error.code)

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

/** The places of an order come back, once. */
export async function cancelOrder(
  container: MedusaContainer,
  orderId: string,
): Promise<Allocation[]> {
  const { items } = await service(container).ask("listAllocations", { orderId, limit: 1 })
  if (items.length === 0) return []
  const { allocations } = await service(container).ask("cancelAllocation", { orderId })
  service(container).log.checkout.debug(`${orderId}: ${allocations.length} bookings cancelled`)
  return allocations
}

/**
 * An order is taken back: its cart gets its places again, as far as they are free. What cannot be
 * done now is done when the cart is completed again.
 */
export async function reopenCart(container: MedusaContainer, orderId: string, cartId: string) {
  try {
    await cancelOrder(container, orderId)
    const cart = await findCart(container, cartId)
    const lines = await bookedLines(container, cart?.items ?? [], "drop")
    await getPlaces(container, { cartId, email: cart?.email, lines })
  } catch (error) {
    service(container).log.checkout.warn(`${cartId}: not reopened: ${(error as Error).message}`)
  }
}

/** Bookings of the cart's holds for an order that does not exist: it was taken back half-way. */
async function freeOrphans(container: MedusaContainer, cartId: string): Promise<void> {
  const booked = (await cartHolds(container, cartId)).filter(({ status }) => status === "CONFIRMED")
  for (const { id, resourceId, dates } of booked) {
    const { items } = await service(container).ask("listAllocations", {
      resourceId,
      startDate: dates[0],
      endDate: dates.at(-1),
      status: "CONFIRMED",
      limit: 1000,
    })
    const orderId = items.find(({ holdId }) => holdId === id)?.orderId
    if (orderId && !(await findOrder(container, orderId))) await cancelOrder(container, orderId)
  }
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
