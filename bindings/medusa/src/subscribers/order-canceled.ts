import type { SubscriberArgs, SubscriberConfig } from "@medusajs/framework"
import { cancelOrder } from "../checkout/cancel"

/** The net under cancelling an order: again is the same. */
export default async function orderCanceled({ event, container }: SubscriberArgs<{ id: string }>) {
  await cancelOrder(container, event.data.id)
}

export const config: SubscriberConfig = { event: "order.canceled" }
