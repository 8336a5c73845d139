import { Button, StatusBadge, Table } from "@medusajs/ui"
import { writtenDays } from "../lib/days"
import type { Booking } from "../lib/types"
import { Actions, List } from "./list"
import { OrderLink } from "./order-link"

type BookingTableProps = {
  bookings: Booking[]
  nameOf: (resourceId: string) => string
  isBusy: boolean
  onMove: (booking: Booking) => void
  onCancel: (booking: Booking) => void
}

const orderName = ({ order, order_id }: Booking) => (order ? `order ${order.display_id}` : order_id)

const BookingRow = ({ booking, ...props }: { booking: Booking } & BookingTableProps) => {
  const button = (label: string, onClick: (booking: Booking) => void) => (
    <Button
      size="small"
      variant="transparent"
      disabled={props.isBusy}
      aria-label={`${label} the booking of ${orderName(booking)}, ${writtenDays(booking.dates)}`}
      onClick={() => onClick(booking)}
    >
      {label}
    </Button>
  )
  return (
    <Table.Row>
      <Table.Cell>
        <OrderLink booking={booking} />
      </Table.Cell>
      <Table.Cell>{booking.order?.email}</Table.Cell>
      <Table.Cell>{props.nameOf(booking.resource_id)}</Table.Cell>
      <Table.Cell className="whitespace-nowrap">{writtenDays(booking.dates)}</Table.Cell>
      <Table.Cell>{booking.quantity}</Table.Cell>
      <Table.Cell>
        {booking.status === "CONFIRMED" ? (
          <StatusBadge color="green">Confirmed</StatusBadge>
        ) : (
          <StatusBadge color="grey">Cancelled</StatusBadge>
        )}
      </Table.Cell>
      <Table.Cell>
        {booking.status === "CONFIRMED" && (
          <Actions>
            {button("Move", props.onMove)}
            {button("Cancel", props.onCancel)}
          </Actions>
        )}
      </Table.Cell>
    </Table.Row>
  )
}

const COLUMNS = ["Order", "Customer", "Resource", "Days", "Places", "Status", "Actions"]

export const BookingTable = (props: BookingTableProps) => (
  <List label="Bookings" columns={COLUMNS}>
    {props.bookings.map((booking) => (
      <BookingRow key={booking.id} booking={booking} {...props} />
    ))}
  </List>
)
