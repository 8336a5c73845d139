import { defineRouteConfig } from "@medusajs/admin-sdk"
import { CalendarMini } from "@medusajs/icons"
import { Calendar } from "../../components/calendar"
import { OfAResource } from "../../components/of-a-resource"

const CalendarPage = () => (
  <OfAResource
    title="Booking calendar"
    about="What is booked, held and free on each day. Open a day to see who is coming."
  >
    {(resource) => <Calendar key={resource.id} resource={resource} />}
  </OfAResource>
)

export const config = defineRouteConfig({ label: "Bookings", icon: CalendarMini })

export default CalendarPage
