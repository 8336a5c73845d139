import { z } from "zod"

// What is a request at all; what it may hold is the engine's to say.

const text = z.string().min(1)
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "must be YYYY-MM-DD")
const dates = z.array(day).min(1).max(366)
const quantity = z.number().int().min(1).max(1_000_000)
const token = z.string().min(1).max(255)
const json: z.ZodTypeAny = z.any()

const count = (most: number) => z.coerce.number().int().min(1).max(most)
const flag = z.enum(["true", "false"]).transform((value) => value === "true")
const list = text.transform((value) => value.split(",").filter(Boolean))
const page = { limit: count(1000).optional(), after: text.optional() }
const range = { start_date: day, end_date: day }
const rangeOrNone = { start_date: day.optional(), end_date: day.optional() }

const item = { resource_id: text, dates, quantity }
const holdFor = {
  customer_email: z.string().email().max(254).optional(),
  idempotency_token: token.optional(),
}

// ---- store --------------------------------------------------------------------------------------

export const PublicResourcesQuery = z
  .object({
    ...page,
    product_id: text.optional(),
    variant_id: text.optional(),
    type: text.optional(),
  })
  .strict()
export const AvailabilityQuery = z
  .object({ ...range, resource_id: text, quantity: count(1_000_000).default(1) })
  .strict()
export const SearchQuery = z
  .object({
    ...range,
    type: text.optional(),
    resource_ids: list.optional(),
    quantity: count(1_000_000).default(1),
    consecutive_days: count(366).optional(),
  })
  .strict()
export const CreateHoldBody = z.object({ ...item, ...holdFor }).strict()
export const CreateHoldGroupBody = z
  .object({ items: z.array(z.object(item).strict()).min(1).max(64), ...holdFor })
  .strict()
export const CartQuery = z.object({ cart_id: text.optional() }).strict()
export const TokenBody = z.object({ idempotency_token: token.optional() }).strict()
export const ConfirmBody = z.object({ order_id: text, line_item_id: text }).strict()
export const CartLineBody = z
  .object({
    variant_id: text,
    quantity: quantity.optional(),
    hold_id: text.optional(),
    dates: dates.optional(),
  })
  .strict()
  .refine(({ hold_id, dates }) => !hold_id !== !dates, {
    message: "one of hold_id and dates is wanted",
    path: ["dates"],
  })

// ---- admin --------------------------------------------------------------------------------------

const resource = {
  type: text,
  name: text,
  description: z.string().optional(),
  metadata: json.optional(),
  timezone: text.optional(),
  is_active: z.boolean().optional(),
  idempotency_token: token.optional(),
}

export const CreateResourceBody = z.object(resource).strict()
export const UpdateResourceBody = z
  .object({ ...resource, type: text.optional(), name: text.optional() })
  .strict()
export const ResourcesQuery = z
  .object({
    ...page,
    q: text.optional(),
    type: text.optional(),
    is_active: flag.optional(),
    include_deleted: flag.optional(),
  })
  .strict()
export const LinkBody = z.object({ resource_id: text }).strict()
export const InitializeBody = z
  .object({
    ...range,
    resource_id: text,
    daily_capacity: z.number().int().min(0).max(1_000_000),
    weekdays: z.array(z.number().int().min(1).max(7)).min(1).optional(),
    on_existing: z.enum(["keep", "replace"]).optional(),
    idempotency_token: token.optional(),
  })
  .strict()
export const AdjustBody = z
  .object({
    resource_id: text,
    dates,
    delta: z.number().int().min(-1_000_000).max(1_000_000),
    idempotency_token: token.optional(),
  })
  .strict()
export const ReportQuery = z.object({ ...range, resource_id: text }).strict()
export const BlackoutBody = z
  .object({
    ...range,
    resource_id: text,
    reason: z.string().optional(),
    on_conflict: z.enum(["refuse", "keep"]).optional(),
    idempotency_token: token.optional(),
  })
  .strict()
export const BlackoutsQuery = z
  .object({ ...page, ...rangeOrNone, resource_id: text.optional() })
  .strict()
export const HoldsQuery = z
  .object({
    ...page,
    resource_id: text.optional(),
    status: z.enum(["ACTIVE", "CONFIRMED", "RELEASED", "EXPIRED"]).optional(),
    customer_email: text.optional(),
    group_id: text.optional(),
  })
  .strict()
export const ExtendBody = z
  .object({ minutes: z.number().int().min(1).optional(), idempotency_token: token.optional() })
  .strict()
export const MoveBody = z
  .object({ dates, quantity: quantity.optional(), idempotency_token: token.optional() })
  .strict()
export const AllocationsQuery = z
  .object({
    ...page,
    ...rangeOrNone,
    q: text.optional(),
    resource_id: text.optional(),
    order_id: text.optional(),
    line_item_id: text.optional(),
    status: z.enum(["CONFIRMED", "CANCELLED"]).optional(),
  })
  .strict()
export const CancelOrderBody = z.object({ order_id: text, line_item_id: text.optional() }).strict()
export const MetricsQuery = z.object({ resource_ids: list.optional() }).strict()
export const CleanupBody = z.object({ limit: z.number().int().min(1).optional() }).strict()
export const PruneBody = z
  .object({
    older_than_hours: z.number().int().min(24).optional(),
    erase_customer_email: text.optional(),
  })
  .strict()
