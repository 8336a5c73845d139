import type { ReactNode } from "react"
import { Link } from "react-router-dom"

type CalendarLinkProps = { resourceId: string; children: ReactNode }

/** To a resource's month. */
export const CalendarLink = ({ resourceId, children }: CalendarLinkProps) => (
  <Link className="text-ui-fg-base underline" to={`/resource-booking?resource_id=${resourceId}`}>
    {children}
  </Link>
)
