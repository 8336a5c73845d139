import type { Logger } from "@medusajs/framework/types"
import type * as holdfast from "holdfast"
import { Engine } from "./engine"
import { bookingError, BookingError, isRefusal } from "./errors"
import { makeLog, type Log } from "./log"
import { OpenHolds } from "./open-holds"
import { settingsOf, type Settings } from "./options"
import { presentPublicHold, presentResource } from "./present"

export const RESOURCE_BOOKING = "resourceBooking"

type Cradle = { logger: Logger }
type Operation = {
  [K in keyof holdfast.Booking]: holdfast.Booking[K] extends (request: infer R) => Promise<infer A>
    ? (request: R) => Promise<A>
    : never
}
type Name = Exclude<keyof Operation, symbol | "close">
type Filters = { id?: string | string[] }

type NewHolds = { address: string; count: number; customerEmail?: string; token?: string }

const tooMany = (message: string) => new BookingError("TOO_MANY_HOLDS", message)

const idsOf = ({ id }: Filters) => (id === undefined ? [] : [id].flat())

/**
 * The module: the engine of this process, and what Medusa's Query and links ask about resources
 * and holds. `ask` is the way to every operation of the engine.
 */
export default class ResourceBookingService {
  readonly settings: Settings
  readonly log: Log
  readonly openHolds = new OpenHolds()
  readonly #engine: Engine

  constructor({ logger }: Cradle, options: Record<string, unknown> = {}) {
    // Medusa puts its own database among the options, with its password.
    const { database, ...given } = options as { database?: { clientUrl?: string } }
    this.settings = settingsOf(
      given,
      database?.clientUrl ?? process.env.DATABASE_URL ?? "",
      process.env,
    )
    this.log = makeLog(logger, this.settings.logLevel)
    this.#engine = new Engine(this.settings, this.log.engine)
  }

  /** Asks the engine; what it refuses or fails at is thrown as a BookingError. */
  async ask<N extends Name>(
    name: N,
    request?: Parameters<Operation[N]>[0],
  ): Promise<Awaited<ReturnType<Operation[N]>>> {
    try {
      const booking = await this.#engine.get()
      return await (booking[name] as (r?: unknown) => Promise<never>)(request)
    } catch (error) {
      const answer = bookingError(error)
      if (answer instanceof BookingError) this.log.hold.debug(`${name}: ${answer.code}`)
      throw answer
    }
  }

  /** A hold whoever owns it, or undefined. */
  async findHold(holdId: string): Promise<holdfast.Hold | undefined> {
    try {
      return (await this.ask("retrieveHold", { holdId, asHost: true })).hold
    } catch (error) {
      if (isRefusal(error, "HOLD_NOT_FOUND", "INVALID_ARGUMENT")) return undefined
      throw error
    }
  }

  async findHolds(holdIds: string[]): Promise<holdfast.Hold[]> {
    const found = await Promise.all(holdIds.map((id) => this.findHold(id)))
    return found.filter((hold) => hold !== undefined)
  }

  async findResource(resourceId: string): Promise<holdfast.Resource | undefined> {
    try {
      return (await this.ask("retrieveResource", { resourceId })).resource
    } catch (error) {
      if (isRefusal(error, "RESOURCE_NOT_FOUND", "INVALID_ARGUMENT")) return undefined
      throw error
    }
  }

  /**
   * Refuses whoever would have too many open holds; see `limits` in the settings. A repeated
   * request is let through: it makes no hold.
   */
  async checkOpenHolds({ address, customerEmail, count, token }: NewHolds): Promise<void> {
    const { holdsPerAddress, holdsPerCustomer } = this.settings.limits
    if (this.openHolds.isFull(address, holdsPerAddress - count, token)) {
      throw tooMany(`at most ${holdsPerAddress} holds may be open from one address`)
    }
    if (!customerEmail) return
    const open = await this.openHoldsOf(customerEmail, holdsPerCustomer)
    if (open.length + count <= holdsPerCustomer) return
    if (token && open.some(({ idempotencyToken }) => idempotencyToken === token)) return
    throw tooMany(`at most ${holdsPerCustomer} holds may be open for one customer`)
  }

  // Not asked about a customer whom this process does not know yet: that is one hold for each
  // process at most, and spares most shoppers a question.
  private async openHoldsOf(customerEmail: string, limit: number): Promise<holdfast.Hold[]> {
    if (this.openHolds.count(customerEmail) === 0) return []
    return (await this.ask("listHolds", { customerEmail, status: "ACTIVE", limit })).items
  }

  noteOpenHolds({ address, customerEmail }: NewHolds, holds: holdfast.Hold[]): void {
    const makers = customerEmail ? [address, customerEmail] : [address]
    for (const { id, expiresAt, idempotencyToken: token, status } of holds) {
      if (status !== "ACTIVE") continue
      this.log.hold.debug(`${id} until ${expiresAt.toISOString()}`)
      this.openHolds.add(makers, id, { expiresAt: expiresAt.getTime(), token })
    }
  }

  // ---- what Medusa asks -------------------------------------------------------------------------

  // In place of data models, of which this module has none: its rows are the engine's.
  __joinerConfig() {
    return {
      serviceName: RESOURCE_BOOKING,
      primaryKeys: ["id"],
      linkableKeys: { booking_resource_id: "BookingResource", booking_hold_id: "BookingHold" },
      alias: [
        {
          name: ["booking_resource", "booking_resources"],
          entity: "BookingResource",
          args: { entity: "BookingResource", methodSuffix: "BookingResources" },
        },
        {
          name: ["booking_hold", "booking_holds"],
          entity: "BookingHold",
          args: { entity: "BookingHold", methodSuffix: "BookingHolds" },
        },
      ],
    }
  }

  async listBookingResources(filters: Filters = {}) {
    const found = await Promise.all(idsOf(filters).map((id) => this.findResource(id)))
    return found.filter((resource) => resource !== undefined).map(presentResource)
  }

  async listAndCountBookingResources(filters: Filters = {}) {
    const resources = await this.listBookingResources(filters)
    return [resources, resources.length] as const
  }

  async listBookingHolds(filters: Filters = {}) {
    return (await this.findHolds(idsOf(filters))).map(presentPublicHold)
  }

  async listAndCountBookingHolds(filters: Filters = {}) {
    const holds = await this.listBookingHolds(filters)
    return [holds, holds.length] as const
  }

  __hooks = {
    // A database that is away now must not keep the shop from starting.
    onApplicationStart: async () => {
      await this.ask("listResources", { limit: 1 }).catch((error: Error) =>
        this.log.engine.warn(`not open yet: ${error.message}`),
      )
    },
    onApplicationShutdown: () => this.#engine.close(),
  }
}
