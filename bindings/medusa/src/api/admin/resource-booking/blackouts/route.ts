import {
  presentAllocation,
  presentBlackout,
  presentHold,
} from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"
import { BlackoutBody, BlackoutsQuery } from "../../../schemas"

export const GET = answer({ query: BlackoutsQuery }, async ({ booking, query }) => {
  const { items, next } = await booking.ask("listBlackouts", {
    resourceId: query.resource_id,
    startDate: query.start_date,
    endDate: query.end_date,
    limit: query.limit,
    after: query.after,
  })
  return { body: { blackouts: items.map(presentBlackout), next: next ?? null } }
})

export const POST = answer({ body: BlackoutBody }, async ({ booking, body }) => {
  const { blackout, holds, allocations, replayed } = await booking.ask("createBlackout", {
    resourceId: body.resource_id,
    startDate: body.start_date,
    endDate: body.end_date,
    reason: body.reason,
    onConflict: body.on_conflict,
    idempotencyToken: body.idempotency_token,
  })
  return {
    status: replayed ? 200 : 201,
    body: {
      blackout: presentBlackout(blackout),
      holds: holds.map(presentHold),
      allocations: allocations.map(presentAllocation),
      replayed,
    },
  }
})
