import type { MedusaRequest, MedusaResponse } from "@medusajs/framework/http"

/** What any route of the store costs: POST, because that is what making a hold is. */
export const POST = async (_req: MedusaRequest, res: MedusaResponse) => {
  res.status(201).json({ ok: true })
}
