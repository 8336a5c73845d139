import { answer } from "../../../../answer"
import { MetricsQuery } from "../../../../schemas"

export const GET = answer({ query: MetricsQuery }, async ({ booking, query }) => ({
  text: await booking.ask("prometheus", { resourceIds: query.resource_ids }),
}))
