import {
  createStep,
  createWorkflow,
  StepResponse,
  WorkflowResponse,
} from "@medusajs/framework/workflows-sdk"
import { reopenCart } from "../checkout/cancel"
import { confirmOrder } from "../checkout/confirm"
import { findOrder } from "../checkout/order"

type Input = { order_id: string }

export const confirmHoldsStep = createStep(
  "resource-booking-confirm-holds",
  async ({ order_id }: Input, { container }) =>
    new StepResponse(await confirmOrder(container, order_id), order_id),
  async (orderId, { container }) => {
    const order = orderId && (await findOrder(container, orderId))
    if (order && order.cart_id) await reopenCart(container, order.id, order.cart_id)
  },
)

/** Books an order on the holds of its cart; cancelled, and held again, when a later step fails. */
export const confirmHoldsWorkflow = createWorkflow(
  "resource-booking-confirm-holds",
  (input: Input) => new WorkflowResponse(confirmHoldsStep(input)),
)
