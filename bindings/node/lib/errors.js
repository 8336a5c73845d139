'use strict';

/** The engine's answer was no. Nothing happened. */
class BookingRejected extends Error {
  constructor(operation, code, message, details) {
    super(`${operation}: ${code}${message ? `: ${message}` : ''}`);
    this.operation = operation;
    this.code = code;
    this.details = details;
  }
}

/** The engine could not answer; `retry` says what may be done. */
class BookingFailed extends Error {
  constructor(operation, { code, retry, sqlstate, idempotencyToken, message }) {
    super(`${operation}: ${code}${message ? `: ${message}` : ''}`);
    this.operation = operation;
    this.code = code;
    this.retry = retry;
    this.sqlstate = sqlstate;
    this.idempotencyToken = idempotencyToken;
  }
}

// On the prototype, so that logs and inspect() show it and no object carries it.
for (const type of [BookingRejected, BookingFailed]) {
  Object.defineProperty(type.prototype, 'name', {
    value: type.name, configurable: true, writable: true,
  });
}

/** resource_id, items[2].start_date: as JavaScript writes them. */
const camelCase = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

module.exports = { BookingFailed, BookingRejected, camelCase };
