import { type Booking, open } from "holdfast"
import { BookingError } from "./errors"
import type { AreaLog } from "./log"
import type { Settings } from "./options"

// Of one try; a longer wait is several.
const LONGEST_LOCK_WAIT_MS = 2000

// A shop's process makes hundreds of holds a second, not tens of thousands: with one lane those
// that wait gather into one transaction, and more of the machine is left to Medusa.
const LANES = 1

/**
 * The one engine of a process. It is opened when it is first needed, because Medusa builds modules
 * for its commands too, before there is a database; and tried anew after a failure.
 */
export class Engine {
  #opening: Promise<Booking> | undefined
  #closed = false

  constructor(
    private readonly settings: Settings,
    private readonly log: AreaLog,
  ) {}

  /** Open, with its schema at this library's version. */
  get(): Promise<Booking> {
    if (this.#closed) return Promise.reject(new BookingError("CLOSED", "The shop is closing."))
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async close(): Promise<void> {
    this.#closed = true
    const booking = await this.#opening?.catch(() => undefined)
    await booking?.close()
  }

  async #open(): Promise<Booking> {
    const { databaseUrl, timezone, holdMs, maxHoldMs, retryMs } = this.settings
    const booking = await open(databaseUrl, {
      timezone,
      holdTtl: holdMs,
      maxHoldLifetime: maxHoldMs,
      retryTimeout: retryMs,
      lockTimeout: Math.min(retryMs, LONGEST_LOCK_WAIT_MS),
      lanes: LANES,
      logger: this.log,
    })
    try {
      const { schemaVersion } = await booking.migrate()
      this.log.info(`open, schema ${schemaVersion}, days in ${timezone}`)
      return booking
    } catch (error) {
      await booking.close()
      throw error
    }
  }
}
