import { presentPublicHold } from "../../../../../modules/resource-booking/present"
import { answer } from "../../../../answer"
import { asOwner } from "../../../../owner"
import { CartQuery } from "../../../../schemas"

export const GET = answer({ query: CartQuery }, async (context) => {
  const { req, booking, query } = context
  const holdId = req.params.id
  const { hold } = await asOwner(context, holdId, query.cart_id, (as) =>
    booking.ask("retrieveHold", { holdId, ...as }),
  )
  return { body: { hold: presentPublicHold(hold) } }
})

export const DELETE = answer({ query: CartQuery }, async (context) => {
  const { req, booking, query } = context
  const holdId = req.params.id
  const { hold } = await asOwner(context, holdId, query.cart_id, (as) =>
    booking.ask("releaseHold", { holdId, ...as }),
  )
  booking.openHolds.remove(holdId)
  return { body: { hold: presentPublicHold(hold) } }
})
