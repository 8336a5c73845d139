import { presentMetrics } from "../../../../modules/resource-booking/present"
import { answer } from "../../../answer"
import { MetricsQuery } from "../../../schemas"

export const GET = answer({ query: MetricsQuery }, async ({ booking, query }) => {
  const metrics = await booking.ask("metrics", { resourceIds: query.resource_ids })
  return { body: { metrics: presentMetrics(metrics) } }
})
