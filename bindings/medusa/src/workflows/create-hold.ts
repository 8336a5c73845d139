import {
  createStep,
  createWorkflow,
  StepResponse,
  WorkflowResponse,
} from "@medusajs/framework/workflows-sdk"
import type { CreateHoldRequest, CreateHoldsRequest } from "holdfast"
import { bookingOf } from "./service"

const release = async (holdIds: string[], container: Parameters<typeof bookingOf>[0]) =>
  bookingOf(container).ask("releaseHolds", { holdIds, asHost: true })

export const createHoldStep = createStep(
  "resource-booking-create-hold",
  async (input: CreateHoldRequest, { container }) => {
    const { hold, replayed } = await bookingOf(container).ask("createHold", input)
    // What was there before stays there.
    return new StepResponse(hold, replayed ? undefined : hold.id)
  },
  async (holdId, { container }) => {
    if (holdId) await release([holdId], container)
  },
)

export const createHoldsStep = createStep(
  "resource-booking-create-holds",
  async (input: CreateHoldsRequest, { container }) => {
    const { holds, replayed } = await bookingOf(container).ask("createHolds", input)
    return new StepResponse(holds, replayed ? undefined : holds.map(({ id }) => id))
  },
  async (holdIds, { container }) => {
    if (holdIds) await release(holdIds, container)
  },
)

/** A hold; released when a later step fails. */
export const createHoldWorkflow = createWorkflow(
  "resource-booking-create-hold",
  (input: CreateHoldRequest) => new WorkflowResponse(createHoldStep(input)),
)

/** Holds on several resources, all or none; released when a later step fails. */
export const createHoldsWorkflow = createWorkflow(
  "resource-booking-create-holds",
  (input: CreateHoldsRequest) => new WorkflowResponse(createHoldsStep(input)),
)
