import type { MedusaContainer } from "@medusajs/framework/types"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import type ResourceBookingService from "../modules/resource-booking/service"

export const bookingOf = (container: MedusaContainer) =>
  container.resolve<ResourceBookingService>(RESOURCE_BOOKING)
