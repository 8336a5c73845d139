import { defineLink } from "@medusajs/framework/utils"
import CartModule from "@medusajs/medusa/cart"
import ResourceBookingModule from "../modules/resource-booking"

/** The holds that belong to a cart; they stay its own when it has become an order. */
export default defineLink(CartModule.linkable.cart, {
  linkable: (ResourceBookingModule.linkable as any).bookingHold,
  isList: true,
})
