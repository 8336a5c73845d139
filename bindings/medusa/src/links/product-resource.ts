import { defineLink } from "@medusajs/framework/utils"
import ProductModule from "@medusajs/medusa/product"
import ResourceBookingModule from "../modules/resource-booking"

/** Many products may be booked on one resource. */
export default defineLink(
  { linkable: ProductModule.linkable.product, isList: true },
  // A module without data models has no typed linkables.
  (ResourceBookingModule.linkable as any).bookingResource,
)
