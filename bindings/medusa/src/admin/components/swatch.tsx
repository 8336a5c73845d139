/** A sample of a fill. */
export const Swatch = ({ fill, className }: { fill: string; className: string }) => (
  <span
    aria-hidden
    className={`shrink-0 rounded-sm ${className}`}
    style={{ background: fill, border: "1px solid var(--border-strong)" }}
  />
)
