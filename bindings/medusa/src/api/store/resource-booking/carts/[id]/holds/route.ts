import { cartHolds } from "../../../../../../checkout/cart-holds"
import { findCart } from "../../../../../../checkout/order"
import { BookingError } from "../../../../../../modules/resource-booking/errors"
import { presentPublicHold } from "../../../../../../modules/resource-booking/present"
import { answer } from "../../../../../answer"

export const GET = answer({}, async ({ req }) => {
  const { id } = req.params
  if (!(await findCart(req.scope, id))) {
    throw new BookingError("CART_NOT_FOUND", `There is no cart ${id}.`, { id })
  }
  return { body: { holds: (await cartHolds(req.scope, id)).map(presentPublicHold) } }
})
