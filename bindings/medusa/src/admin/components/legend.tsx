import { Text } from "@medusajs/ui"
import { FILL, heat } from "../lib/fill"

const ENTRIES = [
  ["Booked", FILL.booked],
  ["Held", FILL.held],
  ["Free", FILL.free],
  ["Closed", FILL.closed],
  ["The darker, the fuller", `linear-gradient(90deg, ${heat(0)}, ${heat(1)})`],
]

export const Legend = () => (
  <ul aria-label="Legend" className="flex flex-wrap gap-x-6 gap-y-2 px-6 py-3">
    {ENTRIES.map(([name, fill]) => (
      <li key={name} className="flex items-center gap-x-2">
        <span
          aria-hidden
          className="h-4 w-8 rounded-sm"
          style={{ background: fill, border: "1px solid var(--border-strong)" }}
        />
        <Text size="small">{name}</Text>
      </li>
    ))}
  </ul>
)
