import { presentHold } from "../../../../../modules/resource-booking/present"
import { answer } from "../../../../answer"

export const GET = answer({}, async ({ req, booking }) => {
  const { hold } = await booking.ask("retrieveHold", { holdId: req.params.id, asHost: true })
  return { body: { hold: presentHold(hold) } }
})

export const DELETE = answer({}, async ({ req, booking }) => {
  const { hold } = await booking.ask("releaseHold", { holdId: req.params.id, asHost: true })
  booking.openHolds.remove(hold.id)
  return { body: { hold: presentHold(hold) } }
})
