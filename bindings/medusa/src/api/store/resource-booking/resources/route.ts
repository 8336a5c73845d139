import type { MedusaContainer } from "@medusajs/framework/types"
import { resourceOf, resourcesOfVariants } from "../../../../checkout/bookable"
import { presentPublicResource } from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"
import { PublicResourcesQuery } from "../../../schemas"

type Of = { product_id?: string; variant_id?: string }

async function linkedId(container: MedusaContainer, { product_id, variant_id }: Of) {
  if (variant_id) return (await resourcesOfVariants(container, [variant_id])).get(variant_id)
  return resourceOf(container, "product", product_id!)
}

export const GET = answer({ query: PublicResourcesQuery }, async ({ req, booking, query }) => {
  if (query.product_id || query.variant_id) {
    const id = await linkedId(req.scope, query)
    const found = id ? await booking.findResource(id) : undefined
    const shown = found && found.isActive && !found.deletedAt ? [presentPublicResource(found)] : []
    return { body: { resources: shown, next: null } }
  }
  const { type, limit, after } = query
  const { items, next } = await booking.ask("listResources", { type, limit, after, isActive: true })
  return { body: { resources: items.map(presentPublicResource), next: next ?? null } }
})
