'use strict';

const native = require('./native.js');
const { answers, makers, textIf } = require('./answers.js');
const { TestClock, clockHandle } = require('./clock.js');
const { BookingFailed, BookingRejected, camelCase } = require('./errors.js');
const { reader, readItemsBy, wrong } = require('./fields.js');

readItemsBy(native.itemFields);

const RETRY = { NEVER: 'never', SAFE: 'safe', SAME_TOKEN: 'same-token' };
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'];

// ---- what is waited for -------------------------------------------------------------------------

/**
 * Calls by their number, which is free again once it is answered. Each keeps its Booking: an engine
 * that is waited for is not collected.
 */
const calls = [];
const freeNumbers = [];

/** By the engine's number: opens and closes that are under way, and the loggers of open ones. */
const opening = new Map();
const closing = new Map();
const loggers = new Map();

function failure(operation, status, retry, sqlstate, idempotencyToken, message, request) {
  const code = native.statuses[status];
  const field = code === 'MISUSE' && /^([a-z_]+(?:\[\d+\])?(?:\.[a-z_]+(?:\[\d+\])?)*): (.*)$/s
    .exec(message);
  if (field) return new RangeError(`${camelCase(field[1])}: ${field[2]}`);
  const sameToken = native.retries[retry] === 'SAME_TOKEN';
  return new BookingFailed(operation, {
    code, message, retry: RETRY[native.retries[retry]], sqlstate: textIf(sqlstate),
    // The C ABI has no room for one that is longer than 63 bytes.
    idempotencyToken: sameToken
      ? textIf(idempotencyToken) ?? request?.idempotencyToken : undefined,
  });
}

function rejection(operation, outcome, reason, field, message, id, days, holds, allocations) {
  return new BookingRejected(operation, native.outcomes[outcome], message, {
    field: textIf(camelCase(field)),
    reason: reason === 0 ? undefined : native.outcomes[reason],
    id: textIf(id), days, holds, allocations,
  });
}

function answered(number) {
  const call = calls[number];
  calls[number] = undefined;
  freeNumbers.push(number);
  return call;
}

function accepted(number, ...parts) {
  const { resolve, answer } = answered(number);
  resolve(answer(...parts));
}

function refused(number, ...parts) {
  const { reject, operation } = answered(number);
  reject(rejection(operation, ...parts));
}

function failed(number, ...parts) {
  const { reject, operation, request } = answered(number);
  reject(failure(operation, ...parts, request));
}

function take(waiting, id) {
  const found = waiting.get(id);
  waiting.delete(id);
  return found;
}

function opened(id, ...error) {
  const { resolve, reject, booking } = take(opening, id);
  if (error.length === 0) {
    resolve(booking);
  } else {
    loggers.delete(id);
    reject(failure('open', ...error));
  }
}

function closed(id) {
  loggers.delete(id);
  take(closing, id)?.();
}

// In a microtask: what a logger throws, or does, must not meet the addon halfway.
function logged(id, level, line) {
  const logger = loggers.get(id);
  if (logger) queueMicrotask(() => logger[LOG_LEVELS[level]](line));
}

const nextTurn = () => setImmediate(native.lookAgain);

native.connect({ ...makers, accepted, refused, failed, opened, closed, logged, nextTurn });

// ---- an engine ----------------------------------------------------------------------------------

const MADE_BY_OPEN = Symbol('made by open()');
const asyncDispose = Symbol.asyncDispose ?? Symbol.for('nodejs.asyncDispose');

class Booking {
  #engine;
  #id;
  #closed;

  constructor(key, engine, id) {
    if (key !== MADE_BY_OPEN) throw new TypeError('Booking: use open()');
    this.#engine = engine;
    this.#id = id;
  }

  static call(booking, place, operation, read, request) {
    return new Promise((resolve, reject) => {
      const values = read(request);
      const number = freeNumbers.at(-1) ?? calls.length;
      const error = native.submit(booking.#engine, place, number, ...values);
      if (error) throw failure(operation, ...error, request);
      freeNumbers.pop();
      calls[number] = { resolve, reject, answer: answers[operation], operation, request, booking };
    });
  }

  close() {
    this.#closed ??= new Promise((resolve) => {
      closing.set(this.#id, resolve);
      native.close(this.#engine);
    });
    return this.#closed;
  }
}

const { call } = Booking;
delete Booking.call;

// On the class, so that inspectors and mocks find them as they find any method.
const define = (name, value) =>
  Object.defineProperty(Booking.prototype, name, { value, configurable: true, writable: true });

native.operations.forEach(({ name, fields }, place) => {
  const read = reader(fields);
  const optional = fields.every(({ required }) => !required);
  define(name, {
    [name](request = optional ? {} : undefined) {
      return call(this, place, name, read, request);
    },
  }[name]);
});
define(asyncDispose, Booking.prototype.close);

// ---- open ---------------------------------------------------------------------------------------

const readOptions = reader(native.optionFields, ['logger', 'clock']);

function checkLogger(logger) {
  if (logger === undefined) return;
  if (logger === null || typeof logger !== 'object') {
    throw wrong('logger', 'must be an object', logger);
  }
  for (const level of LOG_LEVELS) {
    if (typeof logger[level] !== 'function') {
      throw wrong(`logger.${level}`, 'must be a function', logger[level]);
    }
  }
}

function checkClock(clock) {
  if (clock !== undefined && !(clock instanceof TestClock)) {
    throw wrong('clock', 'must be a TestClock', clock);
  }
}

/** Opens an engine on a database. */
function open(uri, options = {}) {
  return new Promise((resolve, reject) => {
    if (typeof uri !== 'string') throw wrong('uri', 'must be a string', uri);
    if (options === null || typeof options !== 'object' || Array.isArray(options)) {
      throw wrong('options', 'must be an object', options);
    }
    if ('uri' in options) throw new TypeError('uri: there is no such field');
    const values = readOptions({ ...options, uri });
    const { logger, clock } = options;
    checkLogger(logger);
    checkClock(clock);
    const [engine, id] = native.open(values, logger !== undefined,
      clock === undefined ? undefined : clockHandle(clock));
    if (logger !== undefined) loggers.set(id, logger);
    opening.set(id, { resolve, reject, booking: new Booking(MADE_BY_OPEN, engine, id) });
  });
}

module.exports = { Booking, open };
