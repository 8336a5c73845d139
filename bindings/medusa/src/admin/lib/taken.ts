import { client } from "./client"
import type { Conflicts, Days } from "./types"

const EVERY = 1000

/** What is held and booked on these days, the bookings with their orders. */
export async function taken(resourceId: string, days: Days): Promise<Conflicts> {
  const [{ holds, allocations }, { items }] = await Promise.all([
    client.conflicts(resourceId, days),
    client.bookings({ resource_id: resourceId, status: "CONFIRMED", limit: EVERY, ...days }),
  ])
  const withOrder = new Map(items.map((booking) => [booking.id, booking]))
  return {
    holds,
    allocations: allocations.map((booking) => withOrder.get(booking.id) ?? booking),
  }
}
