'use strict';

const native = require('./native.js');
const { wrong } = require('./fields.js');

const MICROSECONDS = 1000;
const handles = new WeakMap();

/** The engine's time, for tests: it stands still until it is set. */
class TestClock {
  #handle;
  #now;

  constructor(date) {
    this.#now = TestClock.#microseconds(date);
    this.#handle = native.makeClock(this.#now);
    handles.set(this, this.#handle);
  }

  set(date) {
    this.#to(TestClock.#microseconds(date));
  }

  /** By milliseconds; 0.001 is a microsecond, the engine's smallest step. */
  advance(milliseconds) {
    if (typeof milliseconds !== 'number') throw wrong('milliseconds', 'must be a number',
      milliseconds);
    if (!Number.isFinite(milliseconds)) throw new RangeError('milliseconds: must be finite');
    this.#to(this.#now + Math.round(milliseconds * MICROSECONDS));
  }

  now() {
    return new Date(this.#now / MICROSECONDS);
  }

  #to(now) {
    this.#now = now;
    native.setClock(this.#handle, now);
  }

  static #microseconds(date) {
    if (!(date instanceof Date)) throw wrong('date', 'must be a Date', date);
    if (Number.isNaN(date.getTime())) throw new RangeError('date: must be a valid Date');
    return date.getTime() * MICROSECONDS;
  }
}

/** What the addon knows the clock by. */
const clockHandle = (clock) => handles.get(clock);

module.exports = { TestClock, clockHandle };
