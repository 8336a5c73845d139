import { defineLink } from "@medusajs/framework/utils"
import ProductModule from "@medusajs/medusa/product"
import ResourceBookingModule from "../modules/resource-booking"

/** A variant's own resource goes before its product's. */
export default defineLink(
  { linkable: ProductModule.linkable.productVariant, isList: true },
  (ResourceBookingModule.linkable as any).bookingResource,
)
