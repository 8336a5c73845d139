import { answer } from "../../../answer"
import { PruneBody } from "../../../schemas"

export const POST = answer({ body: PruneBody }, async ({ booking, body }) => {
  const { holdsRemoved, tokensRemoved, blackoutsRemoved, emailsErased } = await booking.ask(
    "prune",
    { olderThanHours: body.older_than_hours, eraseCustomerEmail: body.erase_customer_email },
  )
  return {
    body: {
      holds_removed: holdsRemoved,
      tokens_removed: tokensRemoved,
      blackouts_removed: blackoutsRemoved,
      emails_erased: emailsErased,
    },
  }
})
