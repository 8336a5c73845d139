// The engine's values as the HTTP interface writes them: snake_case, instants as text, null for
// what is not there.
import type * as holdfast from "holdfast"

const instant = (date: Date) => date.toISOString()
const instantOrNull = (date: Date | undefined) => date?.toISOString() ?? null

export const presentResource = (r: holdfast.Resource) => ({
  id: r.id,
  type: r.type,
  name: r.name,
  description: r.description,
  metadata: r.metadata,
  timezone: r.timezone,
  is_active: r.isActive,
  created_at: instant(r.createdAt),
  updated_at: instant(r.updatedAt),
  deleted_at: instantOrNull(r.deletedAt),
})

/** What a shopper may see of it. */
export const presentPublicResource = (r: holdfast.Resource) => ({
  id: r.id,
  type: r.type,
  name: r.name,
  description: r.description,
  timezone: r.timezone,
})

export const presentCapacity = (c: holdfast.Capacity) => ({
  id: c.id,
  resource_id: c.resourceId,
  date: c.date,
  max_capacity: c.maxCapacity,
  available_capacity: c.availableCapacity,
})

/** What a shopper may see of it: neither token nor holder. */
export const presentPublicHold = (h: holdfast.Hold) => ({
  id: h.id,
  resource_id: h.resourceId,
  dates: h.dates,
  quantity: h.quantity,
  customer_email: h.customerEmail,
  status: h.status,
  expires_at: instant(h.expiresAt),
  group_id: h.groupId || null,
  created_at: instant(h.createdAt),
  updated_at: instant(h.updatedAt),
})

export const presentHold = (h: holdfast.Hold) => ({
  ...presentPublicHold(h),
  idempotency_token: h.idempotencyToken,
})

export const presentAllocation = (a: holdfast.Allocation) => ({
  id: a.id,
  resource_id: a.resourceId,
  hold_id: a.holdId,
  order_id: a.orderId,
  line_item_id: a.lineItemId,
  dates: a.dates,
  quantity: a.quantity,
  status: a.status,
  created_at: instant(a.createdAt),
  cancelled_at: instantOrNull(a.cancelledAt),
})

export const presentBlackout = (b: holdfast.Blackout) => ({
  id: b.id,
  resource_id: b.resourceId,
  start_date: b.startDate,
  end_date: b.endDate,
  reason: b.reason,
  created_at: instant(b.createdAt),
  deleted_at: instantOrNull(b.deletedAt),
})

export const presentDay = (d: holdfast.AvailabilityDay) => ({
  date: d.date,
  max_capacity: d.maxCapacity,
  available_capacity: d.availableCapacity,
  is_available: d.isAvailable,
  reason: d.reason ?? null,
})

export const presentAvailability = (a: holdfast.Availability) => ({
  resource_id: a.resourceId,
  available_dates: a.days.map(presentDay),
  start_dates: a.startDates,
})

export const presentConflict = (c: holdfast.DayConflict) => ({
  resource_id: c.resourceId,
  date: c.date,
  requested: c.requested,
  available_capacity: c.availableCapacity,
})

export const presentReport = (r: holdfast.CapacityReport) => ({
  resource_id: r.resourceId,
  days: r.days.map((d) => ({
    date: d.date,
    max_capacity: d.maxCapacity,
    available_capacity: d.availableCapacity,
    held: d.held,
    booked: d.booked,
    blackout: d.blackout,
    utilisation: d.utilisation,
  })),
  max_capacity: r.maxCapacity,
  available_capacity: r.availableCapacity,
  held: r.held,
  booked: r.booked,
  utilisation: r.utilisation,
})

/** Of all holds that came to an end; null before the first. */
function shareOf(m: holdfast.Metrics, count: number): number | null {
  const ended = m.holdsConfirmed + m.holdsReleased + m.holdsExpired
  return ended === 0 ? null : count / ended
}

export const presentMetrics = (m: holdfast.Metrics) => ({
  holds_requested: m.holdsRequested,
  holds_created: m.holdsCreated,
  holds_replayed: m.holdsReplayed,
  holds_confirmed: m.holdsConfirmed,
  holds_released: m.holdsReleased,
  holds_expired: m.holdsExpired,
  allocations_cancelled: m.allocationsCancelled,
  success_rate: shareOf(m, m.holdsConfirmed),
  expiry_rate: shareOf(m, m.holdsExpired),
  hold_to_confirm_mean_s: m.holdToConfirmMeanS,
  hold_to_confirm_p95_s: m.holdToConfirmP95S,
  batches: m.batches,
  commands: m.commands,
  batch_size_max: m.batchSizeMax,
  storage_retries: m.storageRetries,
  lock_waits: m.lockWaits,
  lock_timeouts: m.lockTimeouts,
  queue_depth: m.queueDepth,
  rejections: m.rejections,
  failures: m.failures,
  use: m.use.map(presentReport),
})

export const presentVerify = (v: holdfast.VerifyAnswer) => ({
  resources: v.resources,
  days: v.days,
  holds: v.holds,
  allocations: v.allocations,
  violations: v.violations.map(({ resourceId, rule, detail }) => ({
    resource_id: resourceId,
    rule,
    detail,
  })),
})
