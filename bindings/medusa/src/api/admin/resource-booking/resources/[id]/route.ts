import { presentResource } from "../../../../../modules/resource-booking/present"
import { answer } from "../../../../answer"
import { resourceFields } from "../../../../resource-fields"
import { UpdateResourceBody } from "../../../../schemas"

export const GET = answer({}, async ({ req, booking }) => {
  const { resource } = await booking.ask("retrieveResource", { resourceId: req.params.id })
  return { body: { resource: presentResource(resource) } }
})

export const PUT = answer({ body: UpdateResourceBody }, async ({ req, booking, body }) => {
  const { resource } = await booking.ask("updateResource", {
    resourceId: req.params.id,
    ...resourceFields(body),
  })
  return { body: { resource: presentResource(resource) } }
})

export const DELETE = answer({}, async ({ req, booking }) => {
  const { resource } = await booking.ask("deleteResource", { resourceId: req.params.id })
  return { body: { resource: presentResource(resource) } }
})
