/** A share of one; null where there is nothing to have a share of. */
export const percent = (share: number | null) =>
  share === null ? "–" : `${Math.round(1000 * share) / 10}%`

export function seconds(count: number): string {
  if (count < 90) return `${Math.round(10 * count) / 10} s`
  return `${Math.round(count / 6) / 10} min`
}

/** An instant, where the browser is. */
export const moment = (instant: string) =>
  new Date(instant).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })

export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`
