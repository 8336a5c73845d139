import { presentResource } from "../../../../../../modules/resource-booking/present"
import { answer } from "../../../../../answer"

export const POST = answer({}, async ({ req, booking }) => {
  const { resource } = await booking.ask("restoreResource", { resourceId: req.params.id })
  return { body: { resource: presentResource(resource) } }
})
