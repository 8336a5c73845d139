import type { MedusaContainer } from "@medusajs/framework/types"
import type { Allocation } from "holdfast"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import type ResourceBookingService from "../modules/resource-booking/service"
import { bookedLines } from "./bookable"
import { cartHolds } from "./cart-holds"
import { findCart, findOrder } from "./order"
import { getPlaces } from "./reconcile"

const service = (container: MedusaContainer) =>
  container.resolve<ResourceBookingService>(RESOURCE_BOOKING)

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
export async function freeOrphans(container: MedusaContainer, cartId: string): Promise<void> {
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
