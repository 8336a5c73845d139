type OpenHold = { expiresAt: number; token: string }

/**
 * The open holds that have been made through this process, by who made them: an address, an
 * e-mail. A bound on what a single shopper can take off the shelf, not an account of holds, which
 * the engine keeps.
 */
export class OpenHolds {
  readonly #byMaker = new Map<string, Map<string, OpenHold>>()
  readonly #makersOf = new Map<string, string[]>()
  #sweepAt = 0

  constructor(private readonly sweepEveryMs = 60_000) {}

  get size(): number {
    return this.#makersOf.size
  }

  /** May count some that have ended. */
  count(maker: string): number {
    return this.#byMaker.get(maker)?.size ?? 0
  }

  /** Whether more than `most` are open; a request that is repeated makes none. */
  isFull(maker: string, most: number, token: string | undefined, now = Date.now()): boolean {
    if (this.count(maker) <= most) return false
    this.#drop(maker, now)
    if (this.count(maker) <= most) return false
    const holds = [...(this.#byMaker.get(maker)?.values() ?? [])]
    return !token || !holds.some((hold) => hold.token === token)
  }

  add(makers: string[], holdId: string, hold: OpenHold, now = Date.now()): void {
    this.#sweep(now)
    this.#makersOf.set(holdId, makers)
    for (const maker of makers) {
      const holds = this.#byMaker.get(maker) ?? new Map<string, OpenHold>()
      this.#byMaker.set(maker, holds.set(holdId, hold))
    }
  }

  /** The hold has come to an end. */
  remove(holdId: string): void {
    for (const maker of this.#makersOf.get(holdId) ?? []) {
      const holds = this.#byMaker.get(maker)
      holds?.delete(holdId)
      if (holds?.size === 0) this.#byMaker.delete(maker)
    }
    this.#makersOf.delete(holdId)
  }

  #sweep(now: number): void {
    if (now < this.#sweepAt) return
    this.#sweepAt = now + this.sweepEveryMs
    for (const maker of [...this.#byMaker.keys()]) this.#drop(maker, now)
  }

  #drop(maker: string, now: number): void {
    const holds = [...(this.#byMaker.get(maker) ?? [])]
    for (const [id, { expiresAt }] of holds) if (expiresAt <= now) this.remove(id)
  }
}
