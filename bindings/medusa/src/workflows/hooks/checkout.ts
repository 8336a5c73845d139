// A hook takes one handler in the whole process, and plugins come first: a shop with a handler of
// its own switches this one off (`hooks` in the options) and calls the exported function itself.
import type { MedusaContainer } from "@medusajs/framework/types"
import { StepResponse } from "@medusajs/framework/workflows-sdk"
import {
  addToCartWorkflow,
  cancelOrderWorkflow,
  completeCartWorkflow,
  createCartWorkflow,
  updateLineItemInCartWorkflow,
} from "@medusajs/medusa/core-flows"
import { addLines, changeLine, type CartChange, coverCart, takeBack } from "../../checkout/cart"
import { cancelOrder, reopenCart } from "../../checkout/cancel"
import { validateCart } from "../../checkout/complete"
import { confirmOrder } from "../../checkout/confirm"
import { wantsHook } from "../../plugin-options"

type Context = { container: MedusaContainer }

// Medusa calls a hook's compensation also when the hook itself has thrown, with nothing.
const undoChange = async (change: CartChange | undefined, { container }: Context) =>
  takeBack(container, change)

if (wantsHook("addToCart")) {
  addToCartWorkflow.hooks.validate(async ({ input }, { container }) => {
    const change = await addLines(container, input.cart_id, input.items as never)
    return new StepResponse(change, change)
  }, undoChange)
}

if (wantsHook("createCart")) {
  createCartWorkflow.hooks.cartCreated(async ({ cart }, { container }) => {
    const change = await coverCart(container, cart.id)
    return new StepResponse(change, change)
  }, undoChange)
}

if (wantsHook("updateLineItem")) {
  updateLineItemInCartWorkflow.hooks.validate(async ({ input }, { container }) => {
    const change = await changeLine(container, input.cart_id, input.item_id, input.update as never)
    return new StepResponse(change, change)
  }, undoChange)
}

if (wantsHook("completeCart")) {
  completeCartWorkflow.hooks.validate(async ({ cart }, { container }) => {
    await validateCart(container, cart as never)
  })
}

type OrderCreated = { order_id: string; cart_id: string }
type HiddenHook = (
  handler: (input: OrderCreated, context: Context) => Promise<StepResponse<unknown, OrderCreated>>,
  compensate: (input: OrderCreated | undefined, context: Context) => Promise<void>,
) => void

// Medusa has this hook and does not list it; without it, `order.placed` confirms.
const { orderCreated } = completeCartWorkflow.hooks as { orderCreated?: HiddenHook }

if (wantsHook("orderCreated")) {
  orderCreated?.(
    async (input, { container }) => {
      await confirmOrder(container, input.order_id)
      return new StepResponse(undefined, input)
    },
    async (input, { container }) => {
      if (input) await reopenCart(container, input.order_id, input.cart_id)
    },
  )
}

if (wantsHook("cancelOrder")) {
  cancelOrderWorkflow.hooks.orderCanceled(async ({ order }, { container }) => {
    await cancelOrder(container, order.id)
  })
}
