import type { MedusaContainer } from "@medusajs/framework/types"
import { ContainerRegistrationKeys, Modules } from "@medusajs/framework/utils"
import type { Hold } from "holdfast"
import cartHold from "../links/cart-hold"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import type ResourceBookingService from "../modules/resource-booking/service"

const linkOf = (cartId: string, holdId: string) => ({
  [Modules.CART]: { cart_id: cartId },
  [RESOURCE_BOOKING]: { booking_hold_id: holdId },
})

async function linked(container: MedusaContainer, filters: Record<string, string>) {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const { data } = await query.graph({
    entity: cartHold.entryPoint,
    fields: ["cart_id", "booking_hold_id", "created_at"],
    filters,
  } as never)
  return data as unknown as { cart_id: string; booking_hold_id: string; created_at: string }[]
}

/** The holds of a cart, in the order in which they came into it. */
export async function cartHolds(container: MedusaContainer, cartId: string): Promise<Hold[]> {
  const booking = container.resolve<ResourceBookingService>(RESOURCE_BOOKING)
  const links = await linked(container, { cart_id: cartId })
  links.sort((a, b) => Number(new Date(a.created_at)) - Number(new Date(b.created_at)))
  return booking.findHolds(links.map(({ booking_hold_id }) => booking_hold_id))
}

export async function hasHolds(container: MedusaContainer, cartId: string) {
  return (await linked(container, { cart_id: cartId })).length > 0
}

export async function isInCart(container: MedusaContainer, cartId: string, holdId: string) {
  return (await linked(container, { cart_id: cartId, booking_hold_id: holdId })).length > 0
}

/** The cart that a hold is in. */
export async function cartOf(container: MedusaContainer, holdId: string) {
  return (await linked(container, { booking_hold_id: holdId }))[0]?.cart_id
}

export async function putIntoCart(container: MedusaContainer, cartId: string, holdId: string) {
  await container.resolve(ContainerRegistrationKeys.LINK).create(linkOf(cartId, holdId))
}

export async function takeOutOfCart(container: MedusaContainer, cartId: string, holdId: string) {
  await container.resolve(ContainerRegistrationKeys.LINK).dismiss(linkOf(cartId, holdId))
}
