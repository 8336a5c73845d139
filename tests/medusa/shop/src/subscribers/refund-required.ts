import type { SubscriberArgs, SubscriberConfig } from "@medusajs/framework"
import { ContainerRegistrationKeys } from "@medusajs/framework/utils"

export default async function refundRequired({ event, container }: SubscriberArgs<{ id: string }>) {
  container.resolve(ContainerRegistrationKeys.LOGGER).info(`refund required: ${event.data.id}`)
}

export const config: SubscriberConfig = { event: "resource-booking.refund_required" }
