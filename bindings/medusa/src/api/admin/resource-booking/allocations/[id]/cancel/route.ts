import { presentAllocation } from "../../../../../../modules/resource-booking/present"
import { answer } from "../../../../../answer"

export const POST = answer({}, async ({ req, booking }) => {
  const { allocations } = await booking.ask("cancelAllocation", { allocationId: req.params.id })
  return { body: { allocations: allocations.map(presentAllocation) } }
})
