import { presentVerify } from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"

export const GET = answer({}, async ({ booking }) => ({
  body: presentVerify(await booking.ask("verify")),
}))
