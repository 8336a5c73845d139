import type { MedusaContainer } from "@medusajs/framework/types"
import { ContainerRegistrationKeys } from "@medusajs/framework/utils"
import type { ShopLine } from "./bookable"

type Payment = {
  id: string
  created_at: string | Date
  captured_at?: string | Date | null
  canceled_at?: string | Date | null
}
type Payments = { payment_collections?: { payments?: Payment[] }[] }

export type ShopOrder = Payments & {
  id: string
  status: string
  email: string | null
  created_at: string | Date
  metadata: Record<string, unknown> | null
  items: (ShopLine & { id: string })[]
  cart_id?: string
}

const captured = (payments: Payment[]) =>
  payments.filter(({ captured_at, canceled_at }) => captured_at && !canceled_at)

async function one<T>(
  container: MedusaContainer,
  entity: string,
  fields: string[],
  filters: Record<string, string>,
): Promise<T | undefined> {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const { data } = await query.graph({ entity, fields, filters } as never)
  return data[0] as T | undefined
}

/** An order with what booking it needs, and the cart that it came from. */
export async function findOrder(container: MedusaContainer, orderId: string) {
  // Quantities stand on a row of their own, which `items.quantity` alone does not bring.
  const fields = [
    "id",
    "status",
    "email",
    "created_at",
    "metadata",
    "items.*",
    "items.detail.quantity",
    "payment_collections.payments.*",
  ]
  const [order, link] = await Promise.all([
    one<ShopOrder>(container, "order", fields, { id: orderId }),
    one<{ cart_id: string }>(container, "order_cart", ["cart_id"], { order_id: orderId }),
  ])
  return order && { ...order, cart_id: link?.cart_id }
}

/** The money was there before the order: it was paid behind the shop's back, by a webhook. */
export function paidBefore(order: ShopOrder): boolean {
  const payments =
    order.payment_collections?.flatMap((collection) => collection.payments ?? []) ?? []
  return captured(payments).some((p) => new Date(p.created_at) < new Date(order.created_at))
}

/** The cart's money has been taken, though it is no order yet. */
export async function isPaid(container: MedusaContainer, cartId: string): Promise<boolean> {
  const cart = await one<{ payment_collection?: { payments?: Payment[] } }>(
    container,
    "cart",
    ["id", "payment_collection.payments.*"],
    { id: cartId },
  )
  return captured(cart?.payment_collection?.payments ?? []).length > 0
}

/** The order that a cart has become. */
export async function orderOf(container: MedusaContainer, cartId: string) {
  const filters = { cart_id: cartId }
  return (await one<{ order_id: string }>(container, "order_cart", ["order_id"], filters))?.order_id
}

/** Carts that became orders between two moments, whether or not they were marked as completed. */
export async function cartsCompleted(container: MedusaContainer, from: Date, to: Date) {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const { data } = await query.graph({
    entity: "order_cart",
    fields: ["cart_id"],
    filters: { created_at: { $gte: from, $lte: to } },
  } as never)
  return (data as unknown as { cart_id: string }[]).map(({ cart_id }) => cart_id)
}

export type ShopCart = {
  id: string
  email: string | null
  completed_at: string | Date | null
  items: (ShopLine & { id: string })[]
}

export const findCart = (container: MedusaContainer, cartId: string) =>
  one<ShopCart>(container, "cart", ["id", "email", "completed_at", "items.*"], { id: cartId })
