import { z } from "zod"

/** What `plugins: [{ resolve: "medusa-plugin-holdfast", options }]` may hold. */
const Options = z
  .object({
    /** `postgres://...` or `sqlite:PATH`. Default: the shop's own database. */
    databaseUrl: z.string().min(1).optional(),
    /** An IANA name, of resources that name none. */
    timezone: z.string().min(1).optional(),
    /** How long a hold lasts. */
    holdMinutes: z.number().positive().optional(),
    /** From a hold's creation to its last extension. */
    maxHoldHours: z.number().positive().optional(),
    /** How long the holds of a cart last at least when its completion begins. */
    paymentMinutes: z.number().positive().optional(),
    /** How long a call waits for a database that is away or busy. */
    retrySeconds: z.number().positive().optional(),
    limits: z
      .object({
        rangeDays: z.number().int().positive().optional(),
        resources: z.number().int().positive().optional(),
        holdsPerCustomer: z.number().int().positive().optional(),
        holdsPerAddress: z.number().int().positive().optional(),
      })
      .strict()
      .optional(),
    /** A cron line, or false for none. */
    cleanupSchedule: z.union([z.string().min(1), z.literal(false)]).optional(),
    logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).optional(),
    /** Handlers of Medusa's hooks that the shop has handlers of its own for. */
    hooks: z.record(z.string(), z.boolean()).optional(),
  })
  .strict()

export type PluginOptions = z.infer<typeof Options>

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export type Settings = {
  databaseUrl: string
  timezone: string
  holdMs: number
  maxHoldMs: number
  paymentMs: number
  retryMs: number
  limits: {
    rangeDays: number
    resources: number
    holdsPerCustomer: number
    holdsPerAddress: number
  }
  logLevel: LogLevel
}

const MINUTE = 60 * 1000
const DEFAULT_TIMEZONE = "Australia/Brisbane"

const isZone = (name: string) => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name })
    return true
  } catch {
    return false
  }
}

type Environment = Record<string, string | undefined>

/** TZ may also be a rule or a file's name, which no resource can have as its zone. */
function timezone(options: PluginOptions, env: Environment): string {
  const named = options.timezone ?? env.RESOURCE_BOOKING_TIMEZONE
  if (named) return named
  return env.TZ && isZone(env.TZ) ? env.TZ : DEFAULT_TIMEZONE
}

function numberOf(env: Environment, name: string): number | undefined {
  const text = env[name]
  if (text === undefined || text === "") return undefined
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${name}: must be a number above 0, not ${text}`)
  return value
}

function logLevel(options: PluginOptions, env: Environment): LogLevel {
  const name = options.logLevel ?? env.RESOURCE_BOOKING_LOG_LEVEL ?? "info"
  const level = LOG_LEVELS.find((known) => known === name)
  if (!level) throw new Error(`RESOURCE_BOOKING_LOG_LEVEL: ${name} is none of ${LOG_LEVELS}`)
  return level
}

/** When expired holds are recorded; Medusa wants to know before there is a module. */
export const cleanupScheduleOf = (options: PluginOptions, env: Environment): string | false =>
  options.cleanupSchedule ?? env.RESOURCE_BOOKING_CLEANUP_SCHEDULE ?? "*/5 * * * *"

/** Options before environment before defaults. `shopDatabaseUrl` is Medusa's own database. */
export function settingsOf(given: unknown, shopDatabaseUrl: string, env: Environment): Settings {
  const options = Options.parse(given ?? {})
  const holdMinutes = options.holdMinutes ?? numberOf(env, "RESOURCE_BOOKING_HOLD_MINUTES") ?? 30
  const maxHoldHours =
    options.maxHoldHours ?? numberOf(env, "RESOURCE_BOOKING_MAX_HOLD_HOURS") ?? 24
  return {
    databaseUrl: options.databaseUrl ?? env.RESOURCE_BOOKING_DATABASE_URL ?? shopDatabaseUrl,
    timezone: timezone(options, env),
    holdMs: Math.round(holdMinutes * MINUTE),
    maxHoldMs: Math.round(maxHoldHours * 60 * MINUTE),
    paymentMs: Math.round((options.paymentMinutes ?? holdMinutes) * MINUTE),
    retryMs: Math.round((options.retrySeconds ?? 10) * 1000),
    limits: {
      rangeDays: options.limits?.rangeDays ?? 366,
      resources: options.limits?.resources ?? 100,
      holdsPerCustomer: options.limits?.holdsPerCustomer ?? 20,
      holdsPerAddress: options.limits?.holdsPerAddress ?? 100,
    },
    logLevel: logLevel(options, env),
  }
}
