import type { MedusaContainer } from "@medusajs/framework/types"
import { ContainerRegistrationKeys } from "@medusajs/framework/utils"

type Order = { id: string; display_id: number; email: string | null }
const SHOWN = 50

async function find(container: MedusaContainer, filters: Record<string, unknown>, take?: number) {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const { data } = await query.graph({
    entity: "order",
    fields: ["id", "display_id", "email"],
    filters,
    pagination: take ? { take, order: { created_at: "DESC" } } : undefined,
  } as never)
  return data as unknown as Order[]
}

/** The latest orders that staff mean by what they typed: an id, a number or an e-mail. */
export async function orderIdsLike(container: MedusaContainer, q: string): Promise<string[]> {
  if (q.startsWith("order_")) return [q]
  const number = /^#?(\d{1,9})$/.exec(q)
  const orders = await find(
    container,
    number ? { display_id: Number(number[1]) } : { email: q },
    SHOWN,
  )
  return orders.map(({ id }) => id)
}

/** What a list of bookings says of each order. */
export async function ordersOf(container: MedusaContainer, ids: string[]) {
  const wanted = [...new Set(ids)]
  const orders = wanted.length === 0 ? [] : await find(container, { id: wanted })
  return new Map(orders.map(({ id, display_id, email }) => [id, { id, display_id, email }]))
}
