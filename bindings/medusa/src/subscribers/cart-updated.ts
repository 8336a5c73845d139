import type { SubscriberArgs, SubscriberConfig } from "@medusajs/framework"
import { settleCart } from "../checkout/cart"

/** A line was made smaller or removed: its places come back. */
export default async function cartUpdated({ event, container }: SubscriberArgs<{ id: string }>) {
  await settleCart(container, event.data.id)
}

export const config: SubscriberConfig = { event: "cart.updated" }
