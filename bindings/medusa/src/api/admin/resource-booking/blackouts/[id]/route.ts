import { presentBlackout } from "../../../../../modules/resource-booking/present"
import { answer } from "../../../../answer"

export const DELETE = answer({}, async ({ req, booking }) => {
  const { blackout } = await booking.ask("deleteBlackout", { blackoutId: req.params.id })
  return { body: { blackout: presentBlackout(blackout) } }
})
