'use strict';

// Makes objects of the values that the addon hands over: `makers` one for each struct of the C ABI,
// its fields in order, and `answers` one for each operation, the parts of src/operations.cpp in
// order.

const native = require('./native.js');

// Instants cross in microseconds; a Date has milliseconds.
const dateOf = (instant) => new Date(instant / 1000);
const dateIf = (instant) => (instant === undefined ? undefined : dateOf(instant));
const textIf = (text) => text || undefined;
// Days cross as one text.
const daysOf = (text) => (text === '' ? [] : text.split(','));

const reasons = native.unavailables.map(textIf);

// The resources of a search have the same days: those of the last one are kept.
let last = { first: 0, dates: [] };
/** `count` days from `first` on, which counts from 1970-01-01. */
const datesFrom = (first, count) => {
  if (last.first !== first || last.dates.length !== count) {
    const date = (_, at) => new Date((first + at) * 86_400_000).toISOString().slice(0, 10);
    last = { first, dates: Array.from({ length: count }, date) };
  }
  return last.dates;
};

/** { NAME: number } of a list by number; the first name, which is success, is left out. */
const byName = (names, values) =>
  Object.fromEntries(values.map((value, at) => [names[at], value]).slice(1));

const makers = {
  resource: (id, type, name, description, metadata, timezone, createdAt, updatedAt, deletedAt,
    isActive) => ({
    id, type, name, description, metadata: JSON.parse(metadata), timezone, isActive,
    createdAt: dateOf(createdAt), updatedAt: dateOf(updatedAt), deletedAt: dateIf(deletedAt),
  }),
  capacity: (id, resourceId, date, maxCapacity, availableCapacity) => ({
    id, resourceId, date, maxCapacity, availableCapacity,
  }),
  hold: (id, resourceId, dates, customerEmail, holder, idempotencyToken, groupId, expiresAt,
    createdAt, updatedAt, quantity, status) => ({
    id, resourceId, dates: daysOf(dates), quantity, customerEmail, holder, idempotencyToken,
    status: native.holdStatuses[status], expiresAt: dateOf(expiresAt), groupId,
    createdAt: dateOf(createdAt), updatedAt: dateOf(updatedAt),
  }),
  allocation: (id, resourceId, holdId, orderId, lineItemId, dates, createdAt, cancelledAt,
    quantity, status) => ({
    id, resourceId, holdId, orderId, lineItemId, dates: daysOf(dates), quantity,
    status: native.allocationStatuses[status], createdAt: dateOf(createdAt),
    cancelledAt: dateIf(cancelledAt),
  }),
  blackout: (id, resourceId, reason, createdAt, deletedAt, startDate, endDate) => ({
    id, resourceId, startDate, endDate, reason, createdAt: dateOf(createdAt),
    deletedAt: dateIf(deletedAt),
  }),
  availability: (resourceId, firstDay, numbers, startDates) => ({
    resourceId,
    days: datesFrom(firstDay, numbers.length / 4).map((date, at) => ({
      date, maxCapacity: numbers[4 * at], availableCapacity: numbers[4 * at + 1],
      isAvailable: numbers[4 * at + 2] === 1, reason: reasons[numbers[4 * at + 3]],
    })),
    startDates: daysOf(startDates),
  }),
  report: (resourceId, days, maxCapacity, availableCapacity, held, booked, utilisation) => ({
    resourceId, days, maxCapacity, availableCapacity, held, booked, utilisation,
  }),
  reportDay: (date, maxCapacity, availableCapacity, held, booked, blackout, utilisation) => ({
    date, maxCapacity, availableCapacity, held, booked, blackout, utilisation,
  }),
  conflict: (resourceId, date, requested, availableCapacity) => ({
    resourceId, date, requested, availableCapacity,
  }),
  violation: (resourceId, rule, detail) => ({ resourceId, rule, detail }),
  counts: (daysCreated, daysChanged, holdsExpired, holdsRemoved, tokensRemoved, blackoutsRemoved,
    emailsErased, schemaVersion, resources, days, holds, allocations) => ({
    daysCreated, daysChanged, holdsExpired, holdsRemoved, tokensRemoved, blackoutsRemoved,
    emailsErased, schemaVersion, resources, days, holds, allocations,
  }),
  metrics: (holdsRequested, holdsCreated, holdsReplayed, holdsConfirmed, holdsReleased,
    holdsExpired, allocationsCancelled, rejections, failures, holdToConfirmMeanS, holdToConfirmP95S,
    batches, commands, batchSizeMax, storageRetries, lockWaits, lockTimeouts, queueDepth) => ({
    holdsRequested, holdsCreated, holdsReplayed, holdsConfirmed, holdsReleased, holdsExpired,
    allocationsCancelled, rejections: byName(native.outcomes, rejections),
    failures: byName(native.statuses, failures), holdToConfirmMeanS, holdToConfirmP95S, batches,
    commands, batchSizeMax, storageRetries, lockWaits, lockTimeouts, queueDepth,
  }),
};

const page = (items, next) => ({ items, next: textIf(next) });
const resource = (one, replayed) => ({ resource: one, replayed });
const hold = (one, replayed) => ({ hold: one, replayed });
const holds = (all, replayed) => ({ holds: all, replayed });
const allocation = (one, replayed) => ({ allocation: one, replayed });
const allocations = (all, replayed) => ({ allocations: all, replayed });

const answers = {
  createResource: resource,
  updateResource: resource,
  retrieveResource: (one) => ({ resource: one }),
  listResources: page,
  deleteResource: resource,
  restoreResource: resource,
  initializeCapacity: ({ daysCreated, daysChanged }, replayed) => ({
    daysCreated, daysChanged, replayed,
  }),
  adjustCapacity: (days, replayed) => ({ days, replayed }),
  checkAvailability: (one) => one,
  searchAvailability: (resources) => ({ resources }),
  getCapacityReport: (one) => one,
  createHold: hold,
  createHolds: (all, replayed, groupId) => ({ holds: all, groupId, replayed }),
  extendHold: hold,
  extendHolds: holds,
  confirmHold: allocation,
  confirmHolds: allocations,
  releaseHold: hold,
  releaseHolds: holds,
  retrieveHold: (one) => ({ hold: one }),
  listHolds: page,
  cleanupExpiredHolds: ({ holdsExpired }) => ({ holdsExpired }),
  cancelAllocation: allocations,
  moveHold: hold,
  moveAllocation: allocation,
  listAllocations: page,
  createBlackout: (blackout, insideHolds, insideAllocations, replayed) => ({
    blackout, holds: insideHolds, allocations: insideAllocations, replayed,
  }),
  listBlackouts: page,
  deleteBlackout: (blackout, replayed) => ({ blackout, replayed }),
  migrate: ({ schemaVersion }) => ({ schemaVersion }),
  verify: ({ resources, days, holds: held, allocations: booked }, violations) => ({
    resources, days, holds: held, allocations: booked, violations,
  }),
  metrics: (metrics, use) => ({ ...metrics, use }),
  prometheus: (text) => text,
  prune: ({ holdsRemoved, tokensRemoved, blackoutsRemoved, emailsErased }) => ({
    holdsRemoved, tokensRemoved, blackoutsRemoved, emailsErased,
  }),
};

module.exports = { answers, makers, textIf };
