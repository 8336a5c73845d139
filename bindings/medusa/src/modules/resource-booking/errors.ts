import { MedusaError } from "@medusajs/framework/utils"
import { BookingFailed, BookingRejected } from "holdfast"
import { presentAllocation, presentConflict, presentHold } from "./present"

export type ErrorDetails = Record<string, unknown>
type Answer = { status: number; type: string; retryAfter?: number }

const { NOT_FOUND, INVALID_DATA, NOT_ALLOWED, UNEXPECTED_STATE, CONFLICT } = MedusaError.Types

const invalid: Answer = { status: 400, type: INVALID_DATA }
const missing: Answer = { status: 404, type: NOT_FOUND }
const refused: Answer = { status: 409, type: NOT_ALLOWED }
const over: Answer = { status: 410, type: NOT_ALLOWED }
const away: Answer = { status: 503, type: UNEXPECTED_STATE, retryAfter: 5 }
const broken: Answer = { status: 500, type: UNEXPECTED_STATE }

/** What HTTP says to each code: the engine's refusals and failures, and the plugin's own. */
const ANSWERS: Record<string, Answer> = {
  INVALID_ARGUMENT: invalid,
  DATE_IN_PAST: invalid,
  IDEMPOTENCY_MISMATCH: { status: 422, type: INVALID_DATA },
  RESOURCE_NOT_FOUND: missing,
  HOLD_NOT_FOUND: missing,
  ALLOCATION_NOT_FOUND: missing,
  BLACKOUT_NOT_FOUND: missing,
  CART_NOT_FOUND: missing,
  PRODUCT_NOT_FOUND: missing,
  VARIANT_NOT_FOUND: missing,
  RESOURCE_INACTIVE: refused,
  NO_CAPACITY_SET: refused,
  BLACKOUT: refused,
  INSUFFICIENT_CAPACITY: refused,
  ALREADY_CONFIRMED: refused,
  HOLD_LIFETIME_EXCEEDED: refused,
  ALREADY_CANCELLED: refused,
  CAPACITY_BELOW_BOOKED: refused,
  BLACKOUT_CONFLICT: refused,
  VARIANT_NOT_BOOKABLE: refused,
  CART_COMPLETED: refused,
  HOLD_EXPIRED: over,
  HOLD_EXPIRED_AND_TAKEN: over,
  HOLD_RELEASED: over,
  TOO_MANY_HOLDS: { status: 429, type: NOT_ALLOWED, retryAfter: 60 },
  BUSY: { status: 409, type: CONFLICT, retryAfter: 1 },
  UNAVAILABLE: away,
  UNKNOWN: away,
  CLOSED: away,
  SCHEMA: away,
}

export const answerTo = (code: string): Answer => ANSWERS[code] ?? broken

/**
 * A refusal or failure on its way to the caller. A MedusaError, so that Medusa's own routes answer
 * it with its code and message; the plugin's routes answer all of it.
 */
export class BookingError extends MedusaError {
  constructor(
    readonly code: string,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    // Of a CONFLICT Medusa's routes would hide the text.
    const { type } = answerTo(code)
    super(type === CONFLICT ? NOT_ALLOWED : type, message, code)
  }
}

/** Medusa's workflows pass errors on as plain objects. */
export const isBookingError = (error: unknown): error is BookingError =>
  error instanceof BookingError ||
  ((error as BookingError)?.details instanceof Object && (error as BookingError).code in ANSWERS)

const codeOf = (error: unknown) => (error as { code?: string } | undefined)?.code
export const isRefusal = (error: unknown, ...codes: string[]) =>
  isBookingError(error) && codes.includes(codeOf(error)!)

const given = (values: ErrorDetails) =>
  Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  )

function rejection({ code, message, details }: BookingRejected): BookingError {
  return new BookingError(
    code,
    message,
    given({
      field: details.field && snakeCase(details.field),
      reason: details.reason,
      id: details.id,
      days: details.days.map(presentConflict),
      holds: details.holds.map(presentHold),
      allocations: details.allocations.map(presentAllocation),
    }),
  )
}

function failure({ code, message, retry, idempotencyToken }: BookingFailed): BookingError {
  if (retry === "same-token") {
    return new BookingError(
      "UNKNOWN",
      "It may have happened: repeat it with the same idempotency_token.",
      given({ idempotency_token: idempotencyToken }),
    )
  }
  if (answerTo(code).status === 500) return new BookingError(code, "The booking engine failed.")
  return new BookingError(code, `${message}. Nothing happened; try again.`)
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** The engine names the field first: `items[2].quantity: must be a whole number`. */
function misuse(error: TypeError | RangeError): BookingError | undefined {
  const found = /^([a-zA-Z]+(?:\[\d+\])?(?:\.[a-zA-Z]+(?:\[\d+\])?)*): (.*)$/s.exec(error.message)
  if (!found) return undefined
  const field = snakeCase(found[1])
  return new BookingError("INVALID_ARGUMENT", `${field}: ${found[2]}`, { field })
}

/** Makes a BookingError of what the engine throws; passes on what is not the engine's. */
export function bookingError(error: unknown): unknown {
  if (error instanceof BookingRejected) return rejection(error)
  if (error instanceof BookingFailed) return failure(error)
  if (error instanceof TypeError || error instanceof RangeError) return misuse(error) ?? error
  return error
}
