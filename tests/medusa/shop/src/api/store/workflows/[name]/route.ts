import type { MedusaRequest, MedusaResponse } from "@medusajs/framework/http"
import { workflows } from "../../../../workflows/then-fail"

/** `{ given, fail }`: runs it, and says what came of it. */
export const POST = async (req: MedusaRequest, res: MedusaResponse) => {
  const workflow = workflows.get(req.params.name)!
  const { result, errors } = await workflow(req.scope).run({
    input: req.body as never,
    throwOnError: false,
  })
  res.json({ result, errors: errors.map(({ error }) => error.message) })
}

export const GET = async (_req: MedusaRequest, res: MedusaResponse) => {
  res.json({ names: [...workflows.keys()] })
}
