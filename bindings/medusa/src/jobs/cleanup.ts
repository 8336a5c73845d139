import type { MedusaContainer } from "@medusajs/framework/types"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import type ResourceBookingService from "../modules/resource-booking/service"
import { pluginOptions } from "../plugin-options"

// A day in the far future that cron can name: jobs cannot be left out once their file is there.
const NEVER = "0 0 29 2 *"

/** Housekeeping only: an expired hold's places are free before this has seen it. */
export default async function cleanup(container: MedusaContainer) {
  const booking = container.resolve<ResourceBookingService>(RESOURCE_BOOKING)
  if (pluginOptions().cleanupSchedule === false) return
  const { holdsExpired } = await booking.ask("cleanupExpiredHolds")
  booking.log.cleanup.debug(`${holdsExpired} holds expired`)
}

const { cleanupSchedule = process.env.RESOURCE_BOOKING_CLEANUP_SCHEDULE ?? "*/5 * * * *" } =
  pluginOptions()

export const config = {
  name: "resource-booking-cleanup",
  schedule: cleanupSchedule === false ? NEVER : cleanupSchedule,
}
