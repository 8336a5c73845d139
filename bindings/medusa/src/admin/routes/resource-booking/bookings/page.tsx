import { defineRouteConfig } from "@medusajs/admin-sdk"
import { usePrompt } from "@medusajs/ui"
import { useState } from "react"
import { BookingFilters, type Filters } from "../../../components/booking-filters"
import { BookingTable } from "../../../components/booking-table"
import { LoadMore } from "../../../components/load-more"
import { MoveForm } from "../../../components/move-form"
import { Page } from "../../../components/page"
import { Refused } from "../../../components/refused"
import { Loaded } from "../../../components/states"
import { client } from "../../../lib/client"
import { writtenDays } from "../../../lib/days"
import type { Booking } from "../../../lib/types"
import { useChange } from "../../../lib/use-change"
import { usePages } from "../../../lib/use-pages"
import { useResourceChoice } from "../../../lib/use-resource-choice"
import { useResources } from "../../../lib/use-resources"

const BookingsPage = () => {
  const [chosen, choose] = useResourceChoice()
  const [filters, setFilters] = useState<Filters>({ q: "" })
  const [moving, setMoving] = useState<Booking>()
  const { resources, nameOf, reload } = useResources()
  const change = useChange()
  const ask = usePrompt()
  const load = usePages(
    (after) => client.bookings({ ...filters, resource_id: chosen, after }),
    [filters, chosen],
  )

  const reloadAll = () => {
    reload()
    load.reload()
  }
  const cancel = async ({ id, quantity, dates, resource_id }: Booking) => {
    const isSure = await ask({
      title: "Cancel this booking?",
      description:
        `${quantity} × ${nameOf(resource_id)}, ${writtenDays(dates)}: the places come free. ` +
        "The order stays, and nothing is paid back.",
      confirmText: "Cancel the booking",
      cancelText: "Keep it",
    })
    const done = () => change.run(() => client.cancelBooking(id), "The booking was cancelled")
    if (isSure && (await done())) load.reload()
  }
  const moved = () => {
    setMoving(undefined)
    load.reload()
  }

  return (
    <Page
      title="All bookings"
      about="Places that orders have. Search by an order's number or a customer's e-mail."
      actions={
        <BookingFilters
          resources={resources}
          resourceId={chosen}
          filters={filters}
          onResource={choose}
          onChange={(some) => setFilters((before) => ({ ...before, ...some }))}
        />
      }
    >
      {change.error && (
        <div className="px-6 py-3">
          <Refused error={change.error} />
        </div>
      )}
      <Loaded load={{ ...load, reload: reloadAll }} empty="No bookings are to be found here.">
        {(bookings) => (
          <BookingTable
            bookings={bookings}
            nameOf={nameOf}
            isBusy={change.isBusy}
            onMove={setMoving}
            onCancel={(booking) => void cancel(booking)}
          />
        )}
      </Loaded>
      <LoadMore loadMore={load.loadMore} />
      {moving && (
        <MoveForm booking={moving} onDone={moved} onClose={() => setMoving(undefined)} />
      )}
    </Page>
  )
}

export const config = defineRouteConfig({ label: "All bookings" })

export default BookingsPage
