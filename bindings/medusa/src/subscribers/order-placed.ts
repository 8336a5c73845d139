import type { SubscriberArgs, SubscriberConfig } from "@medusajs/framework"
import { confirmOrder } from "../checkout/confirm"

/**
 * The net under completing a cart: does nothing where the order is booked already. The order is
 * there, so it must stand.
 */
export default async function orderPlaced({ event, container }: SubscriberArgs<{ id: string }>) {
  await confirmOrder(container, event.data.id, () => true)
}

export const config: SubscriberConfig = { event: "order.placed" }
