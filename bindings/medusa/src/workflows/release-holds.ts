import {
  createStep,
  createWorkflow,
  StepResponse,
  WorkflowResponse,
} from "@medusajs/framework/workflows-sdk"
import type { HoldIds, WithHolder } from "holdfast"
import { bookingOf } from "./service"

// Nothing brings released places back for certain, so this has no compensation: use it last.
export const releaseHoldsStep = createStep(
  "resource-booking-release-holds",
  async (input: HoldIds & WithHolder, { container }) =>
    new StepResponse((await bookingOf(container).ask("releaseHolds", input)).holds),
)

/** Gives places back; as the last step, since it cannot be taken back. */
export const releaseHoldsWorkflow = createWorkflow(
  "resource-booking-release-holds",
  (input: HoldIds & WithHolder) => new WorkflowResponse(releaseHoldsStep(input)),
)
