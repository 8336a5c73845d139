import { Button, StatusBadge, Table } from "@medusajs/ui"
import { writtenDays } from "../lib/days"
import type { Booking } from "../lib/types"
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
      aria-label={`${label} the booking of ${orderName(booking)}`}
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
      <Table.Cell>{writtenDays(booking.dates)}</Table.Cell>
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
          <>
            {button("Move", props.onMove)}
            {button("Cancel", props.onCancel)}
          </>
        )}
      </Table.Cell>
    </Table.Row>
  )
}

export const BookingTable = (props: BookingTableProps) => (
  <Table aria-label="Bookings">
    <Table.Header>
      <Table.Row>
        <Table.HeaderCell>Order</Table.HeaderCell>
        <Table.HeaderCell>Customer</Table.HeaderCell>
        <Table.HeaderCell>Resource</Table.HeaderCell>
        <Table.HeaderCell>Days</Table.HeaderCell>
        <Table.HeaderCell>Places</Table.HeaderCell>
        <Table.HeaderCell>Status</Table.HeaderCell>
        <Table.HeaderCell>Actions</Table.HeaderCell>
      </Table.Row>
    </Table.Header>
    <Table.Body>
      {props.bookings.map((booking) => (
        <BookingRow key={booking.id} booking={booking} {...props} />
      ))}
    </Table.Body>
  </Table>
)
