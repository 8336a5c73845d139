// How booked, held, free and closed look: each a pattern, so that nobody depends on the colours.

const stripes = (angle: number, ink: string, paper: string, width: number) =>
  `repeating-linear-gradient(${angle}deg, ${ink} 0 ${width}px, ${paper} ${width}px ${2 * width}px)`

export const FILL = {
  booked: "var(--tag-blue-icon)",
  held: stripes(45, "var(--tag-orange-icon)", "var(--bg-base)", 3),
  free: "var(--bg-base)",
  closed: stripes(-45, "var(--border-strong)", "var(--bg-subtle)", 4),
}

/** The fuller, the more colour; never so much that what is written on it cannot be read. */
export const heat = (utilisation: number) =>
  `color-mix(in srgb, var(--tag-blue-icon) ${Math.round(45 * utilisation)}%, var(--bg-base))`
