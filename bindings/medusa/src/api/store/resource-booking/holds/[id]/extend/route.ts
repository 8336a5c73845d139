import { presentPublicHold } from "../../../../../../modules/resource-booking/present"
import { answer } from "../../../../../answer"
import { asOwner } from "../../../../../owner"
import { CartQuery, TokenBody } from "../../../../../schemas"

export const POST = answer({ query: CartQuery, body: TokenBody }, async (context) => {
  const { req, booking, query, body } = context
  const holdId = req.params.id
  const { hold } = await asOwner(context, holdId, query.cart_id, (as) =>
    booking.ask("extendHold", { holdId, idempotencyToken: body.idempotency_token, ...as }),
  )
  return { body: { hold: presentPublicHold(hold) } }
})
