import type { MedusaRequest } from "@medusajs/framework/http"
import { ContainerRegistrationKeys } from "@medusajs/framework/utils"
import { defaultStoreCartFields } from "@medusajs/medusa/api/store/carts/query-config"

/** A cart as Medusa's own routes show it. */
export async function shownCart(req: MedusaRequest, id: string): Promise<unknown> {
  const query = req.scope.resolve(ContainerRegistrationKeys.QUERY)
  const { data } = await query.graph({
    entity: "cart",
    fields: defaultStoreCartFields,
    filters: { id },
  })
  return data[0]
}
