import { linkedTo } from "../../../../../../checkout/bookable"
import { answer } from "../../../../../answer"

export const GET = answer({}, async ({ req, booking }) => {
  const { resource } = await booking.ask("retrieveResource", { resourceId: req.params.id })
  return { body: await linkedTo(req.scope, resource.id) }
})
