import { resourcesOfVariants } from "../../../../../../checkout/bookable"
import { cartHolds } from "../../../../../../checkout/cart-holds"
import { findCart } from "../../../../../../checkout/order"
import { BookingError } from "../../../../../../modules/resource-booking/errors"
import { presentPublicHold } from "../../../../../../modules/resource-booking/present"
import { addBookingToCartWorkflow } from "../../../../../../workflows"
import { answer, type Context } from "../../../../../answer"
import { asOwner, noHold } from "../../../../../owner"
import { shownCart } from "../../../../../shown-cart"
import { CartLineBody } from "../../../../../schemas"

type Line = { dates: string[]; quantity: number; hold_id?: string }

/** What the shopper's own hold is for is what the line is for. */
async function lineOfHold(context: Context, holdId: string, resourceId: string): Promise<Line> {
  const { booking } = context
  const { hold } = await asOwner(context, holdId, context.req.params.id, (as) =>
    booking.ask("retrieveHold", { holdId, ...as }),
  )
  if (hold.resourceId !== resourceId) throw noHold(holdId)
  if (hold.status !== "ACTIVE") {
    const code = hold.status === "CONFIRMED" ? "ALREADY_CONFIRMED" : `HOLD_${hold.status}`
    throw new BookingError(code, `The hold is ${hold.status}.`, { id: holdId })
  }
  return { dates: hold.dates, quantity: hold.quantity, hold_id: holdId }
}

async function checkCart({ req }: Context): Promise<void> {
  const { id } = req.params
  const cart = await findCart(req.scope, id)
  if (!cart) throw new BookingError("CART_NOT_FOUND", `There is no cart ${id}.`, { id })
  if (cart.completed_at) throw new BookingError("CART_COMPLETED", `${id} is an order.`, { id })
}

export const POST = answer({ body: CartLineBody }, async (context) => {
  const { req, body } = context
  const { variant_id, hold_id, dates, quantity = 1 } = body
  await checkCart(context)
  const resourceId = (await resourcesOfVariants(req.scope, [variant_id])).get(variant_id)
  if (!resourceId) {
    throw new BookingError("VARIANT_NOT_BOOKABLE", `${variant_id} is linked to no resource.`, {
      id: variant_id,
    })
  }
  const line = hold_id
    ? await lineOfHold(context, hold_id, resourceId)
    : { dates: dates!, quantity }
  await addBookingToCartWorkflow(req.scope).run({
    input: { cart_id: req.params.id, variant_id, ...line },
  })
  const [cart, holds] = await Promise.all([
    shownCart(req, req.params.id),
    cartHolds(req.scope, req.params.id),
  ])
  return { body: { cart, holds: holds.map(presentPublicHold) } }
})
