import { FILL } from "../lib/fill"
import type { Totals } from "../lib/types"

const share = (part: number, whole: number) => `${whole ? (100 * part) / whole : 0}%`

/** Booked, held and free beside each other; each has a pattern of its own. */
export const ShareBar = ({ booked, held, max_capacity }: Totals) => (
  <div
    aria-hidden
    className="flex h-2 w-full overflow-hidden rounded-sm"
    style={{ border: "1px solid var(--border-strong)", background: FILL.free }}
  >
    <div style={{ width: share(booked, max_capacity), background: FILL.booked }} />
    <div style={{ width: share(held, max_capacity), background: FILL.held }} />
  </div>
)
