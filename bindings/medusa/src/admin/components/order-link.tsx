import { Link } from "react-router-dom"
import type { Booking } from "../lib/types"

/** The order of a booking; some orders are not this shop's. */
export const OrderLink = ({ booking }: { booking: Booking }) =>
  booking.order === null ? (
    <span>{booking.order_id}</span>
  ) : (
    <Link
      className="text-ui-fg-base whitespace-nowrap underline"
      to={`/orders/${booking.order_id}`}
    >
      {booking.order ? `Order #${booking.order.display_id}` : "Open the order"}
    </Link>
  )
