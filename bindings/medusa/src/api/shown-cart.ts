import type { MedusaRequest } from "@medusajs/framework/http"
import { ContainerRegistrationKeys } from "@medusajs/framework/utils"
import { defaultStoreCartFields } from "@medusajs/medusa/api/store/carts/query-config"

// `*region` is how routes say `region.*`.
const fields = defaultStoreCartFields.map((field) => field.replace(/^\*(.+)/, "$1.*"))

/** A cart as Medusa's own routes show it. */
export async function shownCart(req: MedusaRequest, id: string): Promise<unknown> {
  const query = req.scope.resolve(ContainerRegistrationKeys.QUERY)
  const { data } = await query.graph({ entity: "cart", fields, filters: { id } })
  return data[0]
}
