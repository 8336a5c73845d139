import { presentResource } from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"
import { resourceFields } from "../../../resource-fields"
import { CreateResourceBody, ResourcesQuery } from "../../../schemas"

export const GET = answer({ query: ResourcesQuery }, async ({ booking, query }) => {
  const { q, type, is_active, include_deleted, limit, after } = query
  const { items, next } = await booking.ask("listResources", {
    text: q,
    type,
    isActive: is_active,
    includeDeleted: include_deleted,
    limit,
    after,
  })
  return { body: { resources: items.map(presentResource), next: next ?? null } }
})

export const POST = answer({ body: CreateResourceBody }, async ({ booking, body }) => {
  const { resource, replayed } = await booking.ask("createResource", {
    ...resourceFields(body),
    type: body.type,
    name: body.name,
  })
  return { status: replayed ? 200 : 201, body: { resource: presentResource(resource) } }
})
