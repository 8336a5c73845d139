import { BookingError } from "../modules/resource-booking/errors"

const DAY_MS = 24 * 60 * 60 * 1000

/** A shopper's range is bounded by the shop's setting; whether it is one, the engine says. */
export function checkRange(start: string, end: string, mostDays: number): void {
  const days = (Date.parse(end) - Date.parse(start)) / DAY_MS + 1
  if (days > mostDays) {
    throw new BookingError(
      "INVALID_ARGUMENT",
      `end_date: at most ${mostDays} days are shown at once`,
      { field: "end_date" },
    )
  }
}
