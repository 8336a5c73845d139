import { Text } from "@medusajs/ui"
import type { ReactNode } from "react"
import { writtenDays } from "../lib/days"
import { FILL } from "../lib/fill"
import type { Booking, Conflicts, Hold } from "../lib/types"
import { counted, moment } from "../lib/written"
import { OrderLink } from "./order-link"
import { Swatch } from "./swatch"

type LineProps = { of: Booking | Hold; is: "booked" | "held"; children: ReactNode }

const Line = ({ of: { quantity, dates }, is, children }: LineProps) => (
  <li className="flex items-start gap-x-3 py-3">
    <Swatch fill={FILL[is]} className="mt-1 h-3 w-3" />
    <div className="flex min-w-0 flex-1 flex-col break-words">
      <Text size="small" weight="plus">
        {counted(quantity, "place")} {is}
      </Text>
      <Text size="small" className="text-ui-fg-subtle">
        {writtenDays(dates)}
      </Text>
      <Text size="small" className="text-ui-fg-subtle">
        {children}
      </Text>
    </div>
  </li>
)

const BookingLine = ({ booking }: { booking: Booking }) => (
  <Line of={booking} is="booked">
    <OrderLink booking={booking} /> {booking.order?.email}
  </Line>
)

const HoldLine = ({ hold }: { hold: Hold }) => (
  <Line of={hold} is="held">
    {hold.customer_email || "No e-mail"}, until {moment(hold.expires_at)}
  </Line>
)

/** What is held and booked. */
export const ConflictList = ({ label, holds, allocations }: Conflicts & { label: string }) => (
  <ul aria-label={label} className="divide-y">
    {allocations.map((booking) => (
      <BookingLine key={booking.id} booking={booking} />
    ))}
    {holds.map((hold) => (
      <HoldLine key={hold.id} hold={hold} />
    ))}
  </ul>
)
