import { Text } from "@medusajs/ui"
import { FILL, heat } from "../lib/fill"
import { Swatch } from "./swatch"

const ENTRIES = [
  ["Booked", FILL.booked],
  ["Held", FILL.held],
  ["Free", FILL.free],
  ["Closed", FILL.closed],
  ["The more colour, the fuller", `linear-gradient(90deg, ${heat(0)}, ${heat(1)})`],
]

export const Legend = () => (
  <ul aria-label="Legend" className="flex flex-wrap gap-x-6 gap-y-2 px-6 py-3">
    {ENTRIES.map(([name, fill]) => (
      <li key={name} className="flex items-center gap-x-2">
        <Swatch fill={fill} className="h-4 w-8" />
        <Text size="small">{name}</Text>
      </li>
    ))}
  </ul>
)
