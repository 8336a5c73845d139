import type { MedusaContainer } from "@medusajs/framework/types"
import { bookedLines } from "./bookable"
import { freeOrphans } from "./cancel"
import { confirmOrder } from "./confirm"
import { isPaid, orderOf, type ShopCart } from "./order"
import { getPlaces, giveBackPlaces, keepThroughPayment } from "./reconcile"

/**
 * Before a cart becomes an order: each line has its places, for as long as payment takes. A cart
 * that was paid already passes, because its order must exist to be refunded.
 */
export async function validateCart(container: MedusaContainer, cart: ShopCart): Promise<void> {
  // `completed_at` says little: Medusa 2.11 leaves it on a cart that it has taken back, and a
  // process that dies may have written the order and not yet this.
  if (await orderOf(container, cart.id)) return finishOrder(container, cart.id)
  const lines = await bookedLines(container, cart.items)
  if (lines.length === 0 || (await isPaid(container, cart.id))) return
  const input = { cartId: cart.id, email: cart.email, lines }
  await freeOrphans(container, cart.id)
  await getPlaces(container, input)
  await giveBackPlaces(container, input)
  await keepThroughPayment(container, cart.id)
}

/** The cart is an order already; should its process have died before it was booked, it is now. */
export async function finishOrder(container: MedusaContainer, cartId: string): Promise<void> {
  const orderId = await orderOf(container, cartId)
  if (orderId) await confirmOrder(container, orderId, () => true)
}
