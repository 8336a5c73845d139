import { Text } from "@medusajs/ui"
import { writtenDays } from "../lib/days"
import type { Booking, Conflicts, Hold } from "../lib/types"
import { OrderLink } from "./order-link"

const HoldLine = ({ hold }: { hold: Hold }) => (
  <li className="py-2">
    <Text size="small" weight="plus">
      Held: {hold.quantity} × {writtenDays(hold.dates)}
    </Text>
    <Text size="small" className="text-ui-fg-subtle">
      {hold.customer_email || "No e-mail"}, until {new Date(hold.expires_at).toLocaleString()}
    </Text>
  </li>
)

const BookingLine = ({ booking }: { booking: Booking }) => (
  <li className="py-2">
    <Text size="small" weight="plus">
      Booked: {booking.quantity} × {writtenDays(booking.dates)}
    </Text>
    <Text size="small" className="text-ui-fg-subtle">
      <OrderLink booking={booking} /> {booking.order?.email}
    </Text>
  </li>
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
