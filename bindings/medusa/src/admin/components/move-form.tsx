import { Input, Text } from "@medusajs/ui"
import { useState } from "react"
import { client } from "../lib/client"
import { addDays, daysBetween, writtenDays } from "../lib/days"
import type { Booking } from "../lib/types"
import { useChange } from "../lib/use-change"
import { Field } from "./field"
import { FormDrawer } from "./form-drawer"

type MoveFormProps = { booking: Booking; onDone: () => void; onClose: () => void }

/** Other days for a booking: as many, as far from each other, from another first day. */
export function MoveForm({ booking, onDone, onClose }: MoveFormProps) {
  const [first, setFirst] = useState(booking.dates[0])
  const [quantity, setQuantity] = useState(booking.quantity)
  const change = useChange()
  const dates = first
    ? booking.dates.map((date) => addDays(date, daysBetween(booking.dates[0], first)))
    : []

  const save = async () => {
    const move = () => client.moveBooking(booking.id, dates, quantity)
    if (await change.run(move, "The booking was moved")) onDone()
  }

  return (
    <FormDrawer
      title="Move a booking"
      about={`Now ${booking.quantity} × ${writtenDays(booking.dates)}`}
      submit="Move"
      change={change}
      onSubmit={() => void save()}
      onClose={onClose}
    >
      <Field label="New first day">
        {(field) => (
          <Input
            {...field}
            type="date"
            required
            value={first}
            onChange={({ target }) => setFirst(target.value)}
          />
        )}
      </Field>
      <Field label="Places">
        {(field) => (
          <Input
            {...field}
            type="number"
            min={1}
            required
            value={quantity}
            onChange={({ target }) => setQuantity(target.valueAsNumber)}
          />
        )}
      </Field>
      <Text size="small" role="status">
        {dates.length > 0 && `Then ${writtenDays(dates)}`}
      </Text>
    </FormDrawer>
  )
}
