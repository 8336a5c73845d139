import { presentHold } from "../../../../../../modules/resource-booking/present"
import { answer } from "../../../../../answer"
import { ExtendBody } from "../../../../../schemas"

const MINUTE_MS = 60 * 1000

export const POST = answer({ body: ExtendBody }, async ({ req, booking, body }) => {
  const { hold } = await booking.ask("extendHold", {
    holdId: req.params.id,
    asHost: true,
    idempotencyToken: body.idempotency_token,
    ttl: body.minutes === undefined ? undefined : body.minutes * MINUTE_MS,
  })
  return { body: { hold: presentHold(hold) } }
})
