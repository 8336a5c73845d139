import { AsyncLocalStorage } from "node:async_hooks"
import type { MedusaContainer } from "@medusajs/framework/types"
import { Modules } from "@medusajs/framework/utils"
import { bookedLines, type ShopLine } from "./bookable"
import { cartOf, hasHolds, putIntoCart, takeOutOfCart } from "./cart-holds"
import { findCart, orderOf } from "./order"
import { getPlaces, giveBackPlaces, hasTooMany, type Undo, undo } from "./reconcile"
import { BookingError } from "../modules/resource-booking/errors"

/**
 * The hold that a line is being added for. It goes past Medusa's workflow and not through it: what
 * goes through comes from the shopper, and this one has been found to be theirs.
 */
export const bringing = new AsyncLocalStorage<{ holdId: string }>()

export type CartChange = { cartId: string; undo: Undo[]; brought?: string }

/** Lines are about to come into a cart. */
export async function addLines(
  container: MedusaContainer,
  cartId: string,
  added: ShopLine[],
): Promise<CartChange> {
  const newLines = await bookedLines(container, added)
  if (newLines.length === 0) return { cartId, undo: [] }
  const cart = await findCart(container, cartId)
  const brought = await bringHold(container, cartId)
  try {
    const lines = [...(await bookedLines(container, cart?.items ?? [], "drop")), ...newLines]
    return {
      cartId,
      brought,
      undo: await getPlaces(container, { cartId, email: cart?.email, lines }),
    }
  } catch (error) {
    if (brought) await takeOutOfCart(container, cartId, brought)
    throw error
  }
}

/** A cart was made with lines in it. */
export async function coverCart(container: MedusaContainer, cartId: string): Promise<CartChange> {
  const cart = await findCart(container, cartId)
  const lines = await bookedLines(container, cart?.items ?? [])
  return { cartId, undo: await getPlaces(container, { cartId, email: cart?.email, lines }) }
}

async function bringHold(container: MedusaContainer, cartId: string): Promise<string | undefined> {
  const holdId = bringing.getStore()?.holdId
  if (!holdId) return undefined
  const inCart = await cartOf(container, holdId)
  if (inCart === cartId) return undefined
  if (inCart) throw new BookingError("HOLD_NOT_FOUND", `There is no hold ${holdId}.`)
  await putIntoCart(container, cartId, holdId)
  return holdId
}

type LineUpdate = { quantity?: unknown; metadata?: Record<string, unknown> | null }

/** A line is about to change; Medusa merges its metadata. */
export async function changeLine(
  container: MedusaContainer,
  cartId: string,
  lineId: string,
  update: LineUpdate,
): Promise<CartChange> {
  const cart = await findCart(container, cartId)
  const items = cart?.items ?? []
  const changed = items
    .filter(({ id }) => id === lineId)
    .map((item) => ({
      ...item,
      quantity: update.quantity ?? item.quantity,
      metadata: { ...item.metadata, ...update.metadata },
    }))
    .filter(({ quantity }) => Number(quantity) > 0)
  const others = items.filter(({ id }) => id !== lineId)
  const lines = [
    ...(await bookedLines(container, others, "drop")),
    ...(await bookedLines(container, changed)),
  ]
  return { cartId, undo: await getPlaces(container, { cartId, email: cart?.email, lines }) }
}

/** The change did not come to be. */
export async function takeBack(container: MedusaContainer, change: CartChange | undefined) {
  if (!change) return
  await undo(container, change.cartId, change.undo)
  if (change.brought) await takeOutOfCart(container, change.cartId, change.brought)
}

const LOCK_SECONDS = 30

/** What is to be settled: the cart as it is, unless its holds are just its lines'. */
async function unsettled(container: MedusaContainer, cartId: string) {
  if (!(await hasHolds(container, cartId)) || (await orderOf(container, cartId))) return undefined
  const cart = await findCart(container, cartId)
  const lines = await bookedLines(container, cart?.items ?? [], "drop")
  return (await hasTooMany(container, { cartId, lines })) ? { cartId, lines } : undefined
}

/** After a cart has changed: gives back what its lines have no use for any more. */
export async function settleCart(container: MedusaContainer, cartId: string): Promise<void> {
  // Without the lock first: who completes the cart now must not find it locked for nothing.
  if (!(await unsettled(container, cartId))) return
  const locking = container.resolve(Modules.LOCKING)
  // Medusa's workflows hold the same lock while a line is being added.
  await locking.execute(
    [cartId],
    async () => {
      const input = await unsettled(container, cartId)
      if (input) await giveBackPlaces(container, input)
    },
    { timeout: LOCK_SECONDS },
  )
}
