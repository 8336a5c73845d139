'use strict';

const DAYS_SHOWN = 3;

/** What is wrong, with which field, or what stood in the way. */
function tell(operation, code, message, { field, reason, days, id }) {
  const said = [operation, code, field, message, reason].filter(Boolean).join(': ');
  const isSoldOut = (reason ?? code) === 'INSUFFICIENT_CAPACITY';
  const shown = days.slice(0, DAYS_SHOWN).map(({ date, availableCapacity, requested }) =>
    (isSoldOut ? `${date} has ${availableCapacity} left of ${requested} asked` : date));
  if (days.length > DAYS_SHOWN) shown.push('...');
  const where = shown.join(', ') || id;
  return where ? `${said} (${where})` : said;
}

/** The engine's answer was no. Nothing happened. */
class BookingRejected extends Error {
  constructor(operation, code, message, details) {
    super(tell(operation, code, message, details));
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
