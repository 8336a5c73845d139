import type { MedusaContainer } from "@medusajs/framework/types"
import type { Hold } from "holdfast"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import { isRefusal } from "../modules/resource-booking/errors"
import type ResourceBookingService from "../modules/resource-booking/service"
import { cartHolds, putIntoCart, takeOutOfCart } from "./cart-holds"
import { type Action, type BookedLine, isOpen, planHolds } from "./plan"

/** How to take one step back. */
export type Undo =
  | { kind: "release"; holdId: string }
  | { kind: "move"; holdId: string; dates: string[]; quantity: number }

export type CartInput = { cartId: string; email?: string | null; lines: BookedLine[] }

const service = (container: MedusaContainer) =>
  container.resolve<ResourceBookingService>(RESOURCE_BOOKING)

async function create(
  container: MedusaContainer,
  input: CartInput,
  { line, quantity }: Extract<Action, { kind: "create" }>,
): Promise<Undo> {
  const { hold } = await service(container).ask("createHold", {
    resourceId: line.resourceId,
    dates: line.dates,
    quantity,
    customerEmail: input.email ?? undefined,
    holder: `cart:${input.cartId}`,
  })
  await putIntoCart(container, input.cartId, hold.id)
  return { kind: "release", holdId: hold.id }
}

async function move(
  container: MedusaContainer,
  { line, hold, quantity }: Extract<Action, { kind: "move" | "shrink" }>,
): Promise<Undo> {
  await service(container).ask("moveHold", {
    holdId: hold.id,
    dates: line.dates,
    quantity,
    asHost: true,
  })
  return { kind: "move", holdId: hold.id, dates: hold.dates, quantity: hold.quantity }
}

async function release(container: MedusaContainer, cartId: string, holdId: string) {
  try {
    await service(container).ask("releaseHold", { holdId, asHost: true })
  } catch (error) {
    // It has come to an end by itself, or is an order's now.
    if (!isRefusal(error, "HOLD_EXPIRED", "ALREADY_CONFIRMED", "HOLD_NOT_FOUND")) throw error
    if (isRefusal(error, "ALREADY_CONFIRMED")) return
  }
  await takeOutOfCart(container, cartId, holdId)
}

/** Back to where it was, as far as others have not taken the places since. */
export async function undo(container: MedusaContainer, cartId: string, steps: Undo[]) {
  for (const step of [...steps].reverse()) {
    try {
      if (step.kind === "release") await release(container, cartId, step.holdId)
      else {
        const { holdId, dates, quantity } = step
        await service(container).ask("moveHold", { holdId, dates, quantity, asHost: true })
      }
    } catch (error) {
      service(container).log.checkout.warn(`${cartId}: not undone: ${(error as Error).message}`)
    }
  }
}

/**
 * Gets the places that the lines need and the cart's holds lack. Refused, nothing has changed.
 * What the holds have too much stays, because the lines may not be changed in the end.
 */
export async function getPlaces(container: MedusaContainer, input: CartInput): Promise<Undo[]> {
  const holds = (await cartHolds(container, input.cartId)).filter(isOpen)
  const done: Undo[] = []
  try {
    for (const action of planHolds(input.lines, holds).actions) {
      if (action.kind === "create") done.push(await create(container, input, action))
      if (action.kind === "move") done.push(await move(container, action))
    }
  } catch (error) {
    await undo(container, input.cartId, done)
    throw error
  }
  if (done.length > 0) service(container).log.checkout.debug(`${input.cartId}: ${said(done)}`)
  return done
}

const said = (steps: Undo[]) =>
  steps.map(({ kind, holdId }) => `${kind === "release" ? "held" : "moved"} ${holdId}`).join(", ")

/** Whether the cart's holds have more than its lines need. */
export async function hasTooMany(container: MedusaContainer, input: CartInput) {
  const holds = (await cartHolds(container, input.cartId)).filter(isOpen)
  return planHolds(input.lines, holds).actions.some(
    ({ kind }) => kind === "shrink" || kind === "release",
  )
}

/** Gives back what the cart's holds have too much. */
export async function giveBackPlaces(container: MedusaContainer, input: CartInput) {
  const holds = (await cartHolds(container, input.cartId)).filter(isOpen)
  for (const action of planHolds(input.lines, holds).actions) {
    if (action.kind === "shrink") await move(container, action)
    if (action.kind === "release") {
      await release(container, input.cartId, action.hold.id)
      service(container).log.checkout.debug(`${input.cartId}: released ${action.hold.id}`)
    }
  }
}

// The database's clock decides, and this one may be a little off.
const CLOCKS_DIFFER_MS = 5000

/** Keeps the cart's holds through payment, as long as their longest life lets them. */
export async function keepThroughPayment(container: MedusaContainer, cartId: string) {
  const { settings } = service(container)
  const now = Date.now()
  const extend = async ({ id, createdAt, expiresAt }: Hold) => {
    const longest = createdAt.getTime() + settings.maxHoldMs - now - CLOCKS_DIFFER_MS
    const ttl = Math.min(settings.paymentMs, longest)
    if (now + ttl <= expiresAt.getTime()) return
    await service(container).ask("extendHold", { holdId: id, ttl, asHost: true })
  }
  await Promise.all((await cartHolds(container, cartId)).filter(isOpen).map(extend))
}
