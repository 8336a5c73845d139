import type { Json } from "holdfast"
import type { z } from "zod"
import type { UpdateResourceBody } from "./schemas"

/** A resource's fields as the engine names them. */
export const resourceFields = (body: z.infer<typeof UpdateResourceBody>) => ({
  type: body.type,
  name: body.name,
  description: body.description,
  metadata: body.metadata as Json | undefined,
  timezone: body.timezone,
  isActive: body.is_active,
  idempotencyToken: body.idempotency_token,
})
