// What the admin routes answer with; see openapi.yaml.

export type Resource = {
  id: string
  type: string
  name: string
  description: string
  timezone: string
  is_active: boolean
  deleted_at: string | null
}
export type ResourceFields = {
  type: string
  name: string
  description: string
  timezone?: string
  is_active: boolean
}

export type Days = { start_date: string; end_date: string }

export type Capacity = Days & {
  resource_id: string
  daily_capacity: number
  weekdays: number[]
  on_existing: "keep" | "replace"
}
export type CapacitySet = { days_created: number; days_changed: number }

export type ReportDay = {
  date: string
  max_capacity: number
  available_capacity: number
  held: number
  booked: number
  blackout: boolean
  utilisation: number
}
export type Totals = Pick<ReportDay, "max_capacity" | "available_capacity" | "held" | "booked">
export type Report = Totals & { resource_id: string; days: ReportDay[]; utilisation: number }

export type Hold = {
  id: string
  resource_id: string
  dates: string[]
  quantity: number
  customer_email: string
  status: "ACTIVE" | "CONFIRMED" | "RELEASED" | "EXPIRED"
  expires_at: string
}

export type BookingStatus = "CONFIRMED" | "CANCELLED"
export type Order = { id: string; display_id: number; email: string | null }
export type Booking = {
  id: string
  resource_id: string
  order_id: string
  dates: string[]
  quantity: number
  status: BookingStatus
  order?: Order | null
}

export type Conflicts = { holds: Hold[]; allocations: Booking[] }

export type Blackout = Days & { id: string; resource_id: string; reason: string }
export type NewBlackout = Days & {
  resource_id: string
  reason: string
  on_conflict: "refuse" | "keep"
}

export type Metrics = {
  holds_created: number
  holds_confirmed: number
  holds_released: number
  holds_expired: number
  allocations_cancelled: number
  success_rate: number | null
  expiry_rate: number | null
  hold_to_confirm_mean_s: number
  hold_to_confirm_p95_s: number
  lock_waits: number
  lock_timeouts: number
  storage_retries: number
  queue_depth: number
  rejections: Record<string, number>
  failures: Record<string, number>
  use: Report[]
}

export type Page<T> = { items: T[]; next: string | null }
