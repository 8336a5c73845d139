import { answer } from "../../../answer"
import { CleanupBody } from "../../../schemas"

export const POST = answer({ body: CleanupBody }, async ({ booking, body }) => {
  const { holdsExpired } = await booking.ask("cleanupExpiredHolds", { limit: body.limit })
  return { body: { holds_expired: holdsExpired } }
})
