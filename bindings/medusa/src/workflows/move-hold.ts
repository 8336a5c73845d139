import {
  createStep,
  createWorkflow,
  StepResponse,
  WorkflowResponse,
} from "@medusajs/framework/workflows-sdk"
import type { MoveHoldRequest } from "holdfast"
import { bookingOf } from "./service"

export const moveHoldStep = createStep(
  "resource-booking-move-hold",
  async (input: MoveHoldRequest, { container }) => {
    const booking = bookingOf(container)
    const { holdId, holder, asHost } = input
    const { hold: before } = await booking.ask("retrieveHold", { holdId, holder, asHost })
    const { hold } = await booking.ask("moveHold", input)
    return new StepResponse(hold, {
      holdId,
      dates: before.dates,
      quantity: before.quantity,
      asHost: true,
    })
  },
  async (back, { container }) => {
    if (back) await bookingOf(container).ask("moveHold", back)
  },
)

/** Other days or another quantity; moved back when a later step fails. */
export const moveHoldWorkflow = createWorkflow(
  "resource-booking-move-hold",
  (input: MoveHoldRequest) => new WorkflowResponse(moveHoldStep(input)),
)
