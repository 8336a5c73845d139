import { presentHold } from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"
import { HoldsQuery } from "../../../schemas"

export const GET = answer({ query: HoldsQuery }, async ({ booking, query }) => {
  const { items, next } = await booking.ask("listHolds", {
    resourceId: query.resource_id,
    status: query.status,
    customerEmail: query.customer_email,
    groupId: query.group_id,
    limit: query.limit,
    after: query.after,
  })
  return { body: { holds: items.map(presentHold), next: next ?? null } }
})
