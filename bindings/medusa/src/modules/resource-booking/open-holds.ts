type OpenHold = { expiresAt: number; token: string }

/**
 * The open holds that each address has made through this process: a bound on what a single shopper
 * can take off the shelf, not an account of holds, which the engine keeps.
 */
export class OpenHolds {
  readonly #byAddress = new Map<string, Map<string, OpenHold>>()
  readonly #addressOf = new Map<string, string>()
  #sweepAt = 0

  constructor(private readonly sweepEveryMs = 60_000) {}

  get size(): number {
    return this.#addressOf.size
  }

  /** Whether more than `most` are open; a request that is repeated makes none. */
  isFull(address: string, most: number, token: string | undefined, now = Date.now()): boolean {
    const counted = () => this.#byAddress.get(address)?.size ?? 0
    if (counted() <= most) return false
    this.#drop(address, now)
    if (counted() <= most) return false
    const holds = [...(this.#byAddress.get(address)?.values() ?? [])]
    return !token || !holds.some((hold) => hold.token === token)
  }

  add(address: string, holdId: string, hold: OpenHold, now = Date.now()): void {
    this.#sweep(now)
    const holds = this.#byAddress.get(address) ?? new Map<string, OpenHold>()
    this.#byAddress.set(address, holds.set(holdId, hold))
    this.#addressOf.set(holdId, address)
  }

  /** The hold has come to an end. */
  remove(holdId: string): void {
    this.#byAddress.get(this.#addressOf.get(holdId) ?? "")?.delete(holdId)
    this.#addressOf.delete(holdId)
  }

  #sweep(now: number): void {
    if (now < this.#sweepAt) return
    this.#sweepAt = now + this.sweepEveryMs
    for (const address of this.#byAddress.keys()) this.#drop(address, now)
  }

  #drop(address: string, now: number): void {
    const holds = this.#byAddress.get(address)
    for (const [id, { expiresAt }] of holds ?? []) if (expiresAt <= now) this.remove(id)
    if (holds?.size === 0) this.#byAddress.delete(address)
  }
}
