import type { MedusaContainer } from "@medusajs/framework/types"
import {
  createStep,
  createWorkflow,
  StepResponse,
  WorkflowResponse,
} from "@medusajs/framework/workflows-sdk"
import {
  addToCartWorkflow,
  deleteLineItemsWorkflow,
  updateLineItemInCartWorkflow,
} from "@medusajs/medusa/core-flows"
import { datesOf } from "../checkout/bookable"
import { bringing } from "../checkout/cart"
import { findCart } from "../checkout/order"

type Input = {
  cart_id: string
  variant_id: string
  quantity: number
  dates: string[]
  /** A hold for just this, which whoever asks owns; otherwise the places are held for the cart. */
  hold_id?: string
}

/** The line may have been merged into one that was there before. */
async function removeLine(container: MedusaContainer, input: Input) {
  const { cart_id, variant_id, quantity, dates } = input
  const cart = await findCart(container, cart_id)
  const days = [...dates].sort().join()
  const line = cart?.items.find(
    (item) => item.variant_id === variant_id && datesOf(item.metadata)?.join() === days,
  )
  if (!line) return
  const left = Number(line.quantity) - quantity
  if (left > 0) {
    await updateLineItemInCartWorkflow(container).run({
      input: { cart_id, item_id: line.id, update: { quantity: left } },
    })
  } else {
    await deleteLineItemsWorkflow(container).run({ input: { cart_id, ids: [line.id] } })
  }
}

export const addBookingToCartStep = createStep(
  "resource-booking-add-to-cart",
  async (input: Input, { container }) => {
    const { cart_id, variant_id, quantity, dates, hold_id } = input
    const items = [{ variant_id, quantity, metadata: { dates: [...dates].sort() } }]
    const add = () => addToCartWorkflow(container).run({ input: { cart_id, items } })
    await (hold_id ? bringing.run({ holdId: hold_id }, add) : add())
    return new StepResponse({ cart_id }, input)
  },
  async (input, { container }) => {
    if (input) await removeLine(container, input)
  },
)

/** Puts a booking into a cart, with a hold or with days; removed when a later step fails. */
export const addBookingToCartWorkflow = createWorkflow(
  "resource-booking-add-to-cart",
  (input: Input) => new WorkflowResponse(addBookingToCartStep(input)),
)
