import type { MedusaContainer } from "@medusajs/framework/types"
import { finishOrder } from "../checkout/complete"
import { hasHolds } from "../checkout/cart-holds"
import { cartsCompleted } from "../checkout/order"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import { cleanupScheduleOf } from "../modules/resource-booking/options"
import type ResourceBookingService from "../modules/resource-booking/service"
import { pluginOptions } from "../plugin-options"

// The next leap day: a job cannot be left out once its file is there.
const NEVER = "0 0 29 2 *"
const MINUTE_MS = 60 * 1000
const HOUR_MS = 60 * MINUTE_MS
const schedule = cleanupScheduleOf(pluginOptions(), process.env)

/** Orders whose process died between the order and its bookings; those under way are left alone. */
async function finishOrders(container: MedusaContainer) {
  const now = Date.now()
  const cartIds = await cartsCompleted(
    container,
    new Date(now - HOUR_MS),
    new Date(now - 2 * MINUTE_MS),
  )
  for (const cartId of cartIds) {
    if (await hasHolds(container, cartId)) await finishOrder(container, cartId)
  }
}

/** Housekeeping only: an expired hold's places are free before this has seen it. */
export default async function cleanup(container: MedusaContainer) {
  const booking = container.resolve<ResourceBookingService>(RESOURCE_BOOKING)
  if (schedule === false) return
  const { holdsExpired } = await booking.ask("cleanupExpiredHolds")
  booking.log.cleanup.debug(`${holdsExpired} holds expired`)
  await finishOrders(container)
}

export const config = {
  name: "resource-booking-cleanup",
  schedule: schedule === false ? NEVER : schedule,
}
