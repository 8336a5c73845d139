import {
  createStep,
  createWorkflow,
  StepResponse,
  WorkflowResponse,
} from "@medusajs/framework/workflows-sdk"
import { cancelOrder } from "../checkout/cancel"

type Input = { order_id: string }

// Nothing brings cancelled places back for certain, so this has no compensation: use it last.
export const cancelBookingsStep = createStep(
  "resource-booking-cancel-bookings",
  async ({ order_id }: Input, { container }) =>
    new StepResponse(await cancelOrder(container, order_id)),
)

/** Gives back the places of an order, once; as the last step, since it cannot be taken back. */
export const cancelBookingsWorkflow = createWorkflow(
  "resource-booking-cancel-bookings",
  (input: Input) => new WorkflowResponse(cancelBookingsStep(input)),
)
