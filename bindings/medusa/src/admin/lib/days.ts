// Calendar days as the routes write them, YYYY-MM-DD, and months as YYYY-MM.

const DAY_MS = 24 * 60 * 60 * 1000
const asDate = (day: string) => new Date(`${day}T00:00:00Z`)
const asDay = (date: Date) => date.toISOString().slice(0, 10)

export const addDays = (day: string, count: number) =>
  asDay(new Date(asDate(day).getTime() + count * DAY_MS))

export const daysBetween = (from: string, to: string) =>
  Math.round((asDate(to).getTime() - asDate(from).getTime()) / DAY_MS)

/** 1 is Monday, 7 Sunday. */
export const weekdayOf = (day: string) => asDate(day).getUTCDay() || 7

/** Today where the resource is; where the browser is, without a zone. */
export const today = (timezone?: string) =>
  new Intl.DateTimeFormat("en-CA", {
    timeZone: timezone || undefined,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).format(new Date())

export const monthOf = (day: string) => day.slice(0, 7)
export const firstOf = (month: string) => `${month}-01`

export function addMonths(month: string, count: number): string {
  const date = asDate(firstOf(month))
  date.setUTCMonth(date.getUTCMonth() + count)
  return monthOf(asDay(date))
}

export const lastOf = (month: string) => addDays(firstOf(addMonths(month, 1)), -1)

const formatOf = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(undefined, { timeZone: "UTC", ...options })
const written = (options: Intl.DateTimeFormatOptions) => {
  const format = formatOf(options)
  return (day: string) => format.format(asDate(day))
}
const SHORT = { day: "numeric", month: "short", year: "numeric" } as const
export const longDay = written({ weekday: "long", day: "numeric", month: "long", year: "numeric" })
export const shortDay = written(SHORT)
export const longMonth = written({ month: "long", year: "numeric" })

const weekdayName = (weekday: "short" | "long") => {
  const name = written({ weekday })
  // The first of January 2024 was a Monday.
  return (at: number) => name(addDays("2024-01-01", at - 1))
}
export const shortWeekday = weekdayName("short")
export const longWeekday = weekdayName("long")
export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7]

/** `1–3 Jul 2027`; with gaps, how many days there are. */
export function writtenDays(dates: string[]): string {
  const [first, last] = [dates[0], dates[dates.length - 1]]
  if (dates.length === 1) return shortDay(first)
  const gaps = daysBetween(first, last) + 1 !== dates.length
  const range = formatOf(SHORT).formatRange(asDate(first), asDate(last))
  return `${range}${gaps ? ` (${dates.length} days)` : ""}`
}
