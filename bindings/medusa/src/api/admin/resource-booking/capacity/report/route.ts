import { presentReport } from "../../../../../modules/resource-booking/present"
import { answer } from "../../../../answer"
import { ReportQuery } from "../../../../schemas"

export const GET = answer({ query: ReportQuery }, async ({ booking, query }) => {
  const report = await booking.ask("getCapacityReport", {
    resourceId: query.resource_id,
    startDate: query.start_date,
    endDate: query.end_date,
  })
  return { body: { report: presentReport(report) } }
})
