// How long a hold lasts yet, and when to offer more time: to a shopper who is there, when little
// of it is left.

const ACTIVE_MS = 60_000;
const LOW = 0.2;
const TICK_MS = 250;

export class Countdown {
  #timer;
  #until = 0;
  #whole = 0;
  #lastSeen = Date.now();

  /** Calls `onTick({ left, isLow, isActive })`, and `onOver()` once. */
  constructor(onTick, onOver) {
    this.onTick = onTick;
    this.onOver = onOver;
    for (const sign of ['pointermove', 'pointerdown', 'keydown', 'scroll']) {
      addEventListener(sign, () => (this.#lastSeen = Date.now()), { passive: true });
    }
  }

  /** From now; of the shop's clock only the difference counts, so that this one may be wrong. */
  start(milliseconds) {
    this.stop();
    this.#whole = milliseconds;
    this.#until = Date.now() + milliseconds;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
  }

  stop() {
    clearInterval(this.#timer);
  }

  #tick() {
    const left = Math.max(0, this.#until - Date.now());
    const isActive = Date.now() - this.#lastSeen < ACTIVE_MS;
    this.onTick({ left, isLow: left < LOW * this.#whole, isActive });
    if (left > 0) return;
    this.stop();
    this.onOver();
  }
}

export function clock(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
