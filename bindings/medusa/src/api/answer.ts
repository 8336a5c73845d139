import type { MedusaRequest, MedusaResponse } from "@medusajs/framework/http"
import type { z } from "zod"
import { RESOURCE_BOOKING } from "../modules/resource-booking"
import { answerTo, BookingError, isBookingError } from "../modules/resource-booking/errors"
import type ResourceBookingService from "../modules/resource-booking/service"

export type Context<Query = unknown, Body = unknown> = {
  req: MedusaRequest
  res: MedusaResponse
  booking: ResourceBookingService
  query: Query
  body: Body
}
type Answer = { status?: number; body: unknown } | { text: string }
type Schema = z.ZodTypeAny
type Parsed<S> = S extends Schema ? z.infer<S> : undefined

/** `items[2].dates` of a list of keys. */
const fieldOf = (path: PropertyKey[]) =>
  path.reduce<string>(
    (name, key) =>
      typeof key === "number" ? `${name}[${key}]` : name ? `${name}.${String(key)}` : String(key),
    "",
  )

function parse<S extends Schema | undefined>(schema: S, given: unknown): Parsed<S> {
  if (!schema) return undefined as Parsed<S>
  const result = schema.safeParse(given ?? {})
  if (result.success) return result.data as Parsed<S>
  const [issue] = result.error.issues
  const field = fieldOf(issue.path) || ((issue as { keys?: string[] }).keys?.[0] ?? "")
  throw new BookingError(
    "INVALID_ARGUMENT",
    field ? `${field}: ${issue.message}` : issue.message,
    field ? { field } : {},
  )
}

function refuse(res: MedusaResponse, error: BookingError): void {
  const { status, type, retryAfter } = answerTo(error.code)
  if (retryAfter !== undefined) res.setHeader("Retry-After", String(retryAfter))
  res
    .status(status)
    .json({ type, code: error.code, message: error.message, details: error.details })
}

/**
 * A route: checks query and body, asks `handle`, and answers, refusals too. What is no refusal is
 * Medusa's to answer.
 */
export function answer<Q extends Schema | undefined, B extends Schema | undefined>(
  schemas: { query?: Q; body?: B },
  handle: (context: Context<Parsed<Q>, Parsed<B>>) => Promise<Answer>,
) {
  return async (req: MedusaRequest, res: MedusaResponse): Promise<void> => {
    try {
      const booking = req.scope.resolve<ResourceBookingService>(RESOURCE_BOOKING)
      const query = parse(schemas.query as Q, req.query)
      const body = parse(schemas.body as B, req.body)
      const given = await handle({ req, res, booking, query, body })
      if ("text" in given) res.type("text/plain").send(given.text)
      else res.status(given.status ?? 200).json(given.body)
    } catch (error) {
      if (!isBookingError(error)) throw error
      refuse(res, error)
    }
  }
}
