import type { MedusaRequest, MedusaResponse } from "@medusajs/framework/http"

/** The engine is closed as it is when the shop shuts down, with requests still coming. */
export const POST = async (req: MedusaRequest, res: MedusaResponse) => {
  await req.scope.resolve<any>("resourceBooking").__hooks.onApplicationShutdown()
  res.json({ closed: true })
}
