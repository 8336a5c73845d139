import type { Logger } from "@medusajs/framework/types"
import { LOG_LEVELS, type LogLevel } from "./options"

export const AREAS = ["engine", "hold", "checkout", "cleanup"] as const
export type Area = (typeof AREAS)[number]

type Line = (text: string) => void
export type AreaLog = Record<"debug" | "info" | "warn" | "error", Line>
export type Log = Record<Area, AreaLog>

/** Whether DEBUG, a list like `medusa:*,-medusa:resource-booking:hold`, names this. */
export function debugNames(list: string | undefined, name: string): boolean {
  let named = false
  for (const entry of (list ?? "").split(/[\s,]+/).filter(Boolean)) {
    const pattern = entry.replace(/^-/, "").split("*").map(escaped).join(".*")
    if (new RegExp(`^${pattern}$`).test(name)) named = !entry.startsWith("-")
  }
  return named
}

const escaped = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&")
const nothing: Line = () => undefined

/**
 * Medusa's logger, from `level` up. What DEBUG names is written as information, because Medusa's
 * logger keeps its debug lines to itself.
 */
export function makeLog(logger: Logger, level: LogLevel, debug = process.env.DEBUG): Log {
  const heard = (name: LogLevel) => LOG_LEVELS.indexOf(name) >= LOG_LEVELS.indexOf(level)
  const areaLog = (area: Area): AreaLog => {
    const said = (text: string) => `resource-booking:${area}: ${text}`
    const debugs = debugNames(debug, `medusa:resource-booking:${area}`)
    return {
      debug: debugs
        ? (t) => logger.info(said(t))
        : heard("debug")
          ? (t) => logger.debug(said(t))
          : nothing,
      info: heard("info") ? (t) => logger.info(said(t)) : nothing,
      warn: heard("warn") ? (t) => logger.warn(said(t)) : nothing,
      error: heard("error") ? (t) => logger.error(said(t)) : nothing,
    }
  }
  return Object.fromEntries(AREAS.map((area) => [area, areaLog(area)])) as Log
}
