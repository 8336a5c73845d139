// The admin routes, typed; what the pages ask is asked here.
import { request, requestOnce } from "./request"
import type {
  Blackout,
  Booking,
  BookingStatus,
  Capacity,
  CapacitySet,
  Conflicts,
  Days,
  Metrics,
  NewBlackout,
  Page,
  Report,
  Resource,
  ResourceFields,
} from "./types"

const PAGE = 50
const EVERY = 1000

type After = { after?: string }

async function page<T>(path: string, name: string, query: object): Promise<Page<T>> {
  type Answer = Record<string, T[]> & { next: string | null }
  const answer = await request<Answer>("GET", path, { query: { limit: PAGE, ...query } })
  return { items: answer[name], next: answer.next }
}

const one = <T>(answer: Promise<Record<string, T>>, name: string) =>
  answer.then((body) => body[name])

const linkPath = (productId: string) => `/products/${productId}/resource`

export const client = {
  resources: (query: After & { q?: string; include_deleted?: boolean; limit?: number } = {}) =>
    page<Resource>("/resources", "resources", query),
  /** For a picker, and to call them by their names. */
  everyResource: async (query: { include_deleted?: boolean } = {}) =>
    (await page<Resource>("/resources", "resources", { limit: EVERY, ...query })).items,
  createResource: (fields: ResourceFields) =>
    one<Resource>(requestOnce("POST", "/resources", fields), "resource"),
  updateResource: (id: string, fields: ResourceFields) =>
    one<Resource>(requestOnce("PUT", `/resources/${id}`, fields), "resource"),
  deleteResource: (id: string) => request("DELETE", `/resources/${id}`),
  restoreResource: (id: string) => request("POST", `/resources/${id}/restore`),

  productResource: (productId: string) =>
    one<Resource | null>(request("GET", linkPath(productId)), "resource"),
  linkProduct: (productId: string, resourceId: string) =>
    request("POST", linkPath(productId), { body: { resource_id: resourceId } }),
  unlinkProduct: (productId: string) => request("DELETE", linkPath(productId)),

  report: (resourceId: string, days: Days) =>
    one<Report>(
      request("GET", "/capacity/report", { query: { resource_id: resourceId, ...days } }),
      "report",
    ),
  setCapacity: (capacity: Capacity) =>
    requestOnce<CapacitySet>("POST", "/capacity/initialize", capacity),

  blackouts: (query: After & { resource_id?: string }) =>
    page<Blackout>("/blackouts", "blackouts", query),
  conflicts: (resourceId: string, days: Days) =>
    request<Conflicts>("GET", "/blackouts/conflicts", {
      query: { resource_id: resourceId, ...days },
    }),
  createBlackout: (blackout: NewBlackout) =>
    requestOnce<{ blackout: Blackout }>("POST", "/blackouts", blackout),
  deleteBlackout: (id: string) => request("DELETE", `/blackouts/${id}`),

  bookings: (
    query: After &
      Partial<Days> & { q?: string; resource_id?: string; status?: BookingStatus; limit?: number },
  ) => page<Booking>("/allocations", "allocations", query),
  cancelBooking: (id: string) => request("POST", `/allocations/${id}/cancel`),
  moveBooking: (id: string, dates: string[], quantity: number) =>
    requestOnce("POST", `/allocations/${id}/move`, { dates, quantity }),

  metrics: (resourceIds: string[]) =>
    one<Metrics>(
      request("GET", "/metrics", { query: { resource_ids: resourceIds.join(",") } }),
      "metrics",
    ),
}
