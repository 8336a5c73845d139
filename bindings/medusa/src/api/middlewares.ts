import {
  defineMiddlewares,
  type MedusaNextFunction,
  type MedusaRequest,
  type MedusaResponse,
} from "@medusajs/framework/http"
import { settleCart } from "../checkout/cart"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import type ResourceBookingService from "../modules/resource-booking/service"

/** Removing a line is no event in Medusa 2.11. */
function settleAfterwards(req: MedusaRequest, res: MedusaResponse, next: MedusaNextFunction) {
  res.on("finish", () => {
    const { log } = req.scope.resolve<ResourceBookingService>(RESOURCE_BOOKING)
    settleCart(req.scope, req.params.id).catch((error: Error) =>
      log.checkout.warn(`${req.params.id}: ${error.message}`),
    )
  })
  next()
}

// Medusa itself asks for a publishable key on /store, where it knows a customer who is signed in,
// and for an admin on /admin.
export default defineMiddlewares({
  routes: [
    {
      matcher: "/store/carts/:id/line-items/:line_id",
      methods: ["DELETE"],
      middlewares: [settleAfterwards],
    },
  ],
})
