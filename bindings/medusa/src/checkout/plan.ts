/** A line of a cart or order that books places. */
export type BookedLine = {
  /** Not there while the line is being added. */
  id?: string
  resourceId: string
  /** Ascending. */
  dates: string[]
  quantity: number
}

/** What the plan needs to know of a hold. One that is open goes before one that has expired. */
export type LineHold = {
  id: string
  resourceId: string
  dates: string[]
  quantity: number
  status: string
}

export type Action =
  | { kind: "create"; line: BookedLine; quantity: number }
  | { kind: "move"; line: BookedLine; hold: LineHold; quantity: number }
  /** Gives places back, the line keeps the rest. */
  | { kind: "shrink"; line: BookedLine; hold: LineHold; quantity: number }
  | { kind: "release"; hold: LineHold }

export type Plan = {
  /** The holds of each line, as they stand now. */
  cover: Map<BookedLine, LineHold[]>
  actions: Action[]
}

const sameDays = (a: { resourceId: string; dates: string[] }, b: typeof a) =>
  a.resourceId === b.resourceId && a.dates.join() === b.dates.join()

export const isOpen = ({ status }: { status: string }) => status === "ACTIVE"

const total = (holds: LineHold[]) => holds.reduce((sum, { quantity }) => sum + quantity, 0)

/**
 * Which holds are which line's, and what is to be done so that each line has exactly its places.
 * Several holds may share a line, a hold has one line.
 */
export function planHolds(lines: BookedLine[], holds: LineHold[]): Plan {
  const free = [...holds].sort(
    (a, b) => Number(isOpen(b)) - Number(isOpen(a)) || b.quantity - a.quantity,
  )
  const cover = new Map(lines.map((line) => [line, [] as LineHold[]]))
  const take = (line: BookedLine, fits: (hold: LineHold) => boolean) => {
    const at = free.findIndex(fits)
    if (at < 0) return false
    cover.get(line)!.push(...free.splice(at, 1))
    return true
  }
  for (const line of lines) {
    take(line, (hold) => sameDays(hold, line) && hold.quantity === line.quantity)
  }
  for (const line of lines) {
    const left = () => line.quantity - total(cover.get(line)!)
    while (take(line, (hold) => sameDays(hold, line) && hold.quantity <= left()));
  }
  const actions = lines.flatMap((line) => {
    const missing = line.quantity - total(cover.get(line)!)
    return missing === 0 ? [] : [supply(line, missing, cover.get(line)!, free)]
  })
  return {
    cover,
    actions: [...actions, ...free.map((hold) => ({ kind: "release", hold }) as const)],
  }
}

/** How a line comes by its missing places; a hold that is used is taken out of `free`. */
function supply(line: BookedLine, missing: number, own: LineHold[], free: LineHold[]): Action {
  const [first] = own
  if (first) return { kind: "move", line, hold: first, quantity: first.quantity + missing }
  const at = free.findIndex((hold) => hold.resourceId === line.resourceId)
  if (at < 0) return { kind: "create", line, quantity: missing }
  const [hold] = free.splice(at, 1)
  const shrinks = sameDays(hold, line) && hold.quantity > missing
  return { kind: shrinks ? "shrink" : "move", line, hold, quantity: missing }
}
