/** A share of one; null where there is nothing to have a share of. */
export const percent = (share: number | null) =>
  share === null ? "–" : `${Math.round(1000 * share) / 10}%`

export function seconds(count: number): string {
  if (count < 90) return `${Math.round(10 * count) / 10} s`
  return `${Math.round(count / 6) / 10} min`
}

export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`
