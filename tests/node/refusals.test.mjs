// Every refusal, with what it tells.
import assert from 'node:assert/strict';
import test from 'node:test';

import { BookingRejected, addTour, day, onEach, openShop, refused } from './support.mjs';

const HOUR = 3600 * 1000;
const NOWHERE = 'res_00000000000000000000000000';
const NO_HOLD = 'hold_00000000000000000000000000_00000000000000000000000000';
const NO_ALLOCATION = 'alloc_00000000000000000000000000_00000000000000000000000000';
const NO_BLACKOUT = 'blk_00000000000000000000000000_00000000000000000000000000';

const nothing = {
  field: undefined, reason: undefined, id: undefined, days: [], holds: [], allocations: [],
};
const hold = (booking, resourceId, offset = 0, more = {}) =>
  booking.createHold({ resourceId, dates: [day(offset)], quantity: 1, ...more });

onEach(test, 'sold out: the days and what is left on them', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on, { places: 2 });
  await hold(booking, resourceId, 1);
  const error = await refused(booking.createHolds({
    items: [{ resourceId, dates: [day(0), day(1)], quantity: 1 },
      { resourceId, dates: [day(1)], quantity: 1 }],
  }), 'INSUFFICIENT_CAPACITY');
  assert.deepEqual(error.details, {
    ...nothing, id: resourceId,
    days: [{ resourceId, date: day(1), requested: 2, availableCapacity: 1 }],
  });
  assert.equal(error.name, 'BookingRejected');
  assert.equal(error.operation, 'createHolds');
  assert.match(error.message, /^createHolds: INSUFFICIENT_CAPACITY: /);
  assert.ok(error.message.endsWith(` (${day(1)} has 1 left of 2 asked)`), error.message);
  assert.ok(error instanceof BookingRejected && error instanceof Error);
});

onEach(test, 'a request against a bound of the engine: the field, as it is written here',
  async (t, on) => {
    const { booking, resourceId } = await openShop(t, on);
    const items = [{ resourceId, dates: [day(0)], quantity: 1 },
      { resourceId, dates: [day(0)], quantity: 0 }];
    const error = await refused(booking.createHolds({ items }), 'INVALID_ARGUMENT');
    assert.equal(error.details.field, 'items[1].quantity');
    const range = { resourceId, startDate: day(1), endDate: day(0) };
    const other = await refused(booking.getCapacityReport(range), 'INVALID_ARGUMENT');
    assert.equal(other.details.field, 'endDate');
    assert.match(other.message, /^getCapacityReport: INVALID_ARGUMENT: endDate: \w/);
  });

onEach(test, 'what stands in a new hold\'s way', async (t, on) => {
  const { booking, clock, resourceId } = await openShop(t, on);
  const nowhere = await refused(hold(booking, NOWHERE), 'RESOURCE_NOT_FOUND');
  assert.equal(nowhere.details.id, NOWHERE);
  assert.ok(nowhere.message.endsWith(`(${NOWHERE})`), nowhere.message);
  const token = { idempotencyToken: 'same' };
  await hold(booking, resourceId, 0, token);
  await refused(hold(booking, resourceId, 1, token), 'IDEMPOTENCY_MISMATCH');
  const unset = await refused(hold(booking, resourceId, 40), 'NO_CAPACITY_SET');
  assert.deepEqual(unset.details.days.map(({ date }) => date), [day(40)]);
  await booking.createBlackout({ resourceId, startDate: day(3), endDate: day(3) });
  const closed = await refused(hold(booking, resourceId, 3), 'BLACKOUT');
  assert.deepEqual(closed.details.days.map(({ date }) => date), [day(3)]);
  assert.ok(closed.message.endsWith(` (${day(3)})`), closed.message);
  clock.set(new Date(`${day(5)}T12:00:00Z`));
  const past = await refused(hold(booking, resourceId, 4), 'DATE_IN_PAST');
  assert.deepEqual(past.details.days.map(({ date }) => date), [day(4)]);
  await booking.updateResource({ resourceId, isActive: false });
  await refused(hold(booking, resourceId, 6), 'RESOURCE_INACTIVE');
});

onEach(test, 'what has become of a hold', async (t, on) => {
  const { booking, clock, resourceId } = await openShop(t, on);
  const holdId = async (offset, more) => (await hold(booking, resourceId, offset, more)).hold.id;
  const none = await refused(booking.retrieveHold({ holdId: NO_HOLD }), 'HOLD_NOT_FOUND');
  assert.equal(none.details.id, NO_HOLD);
  const owned = await holdId(0, { holder: 'ann' });
  await refused(booking.releaseHold({ holdId: owned, holder: 'bob' }), 'HOLD_NOT_FOUND');

  const released = await holdId(0);
  await booking.releaseHold({ holdId: released });
  await refused(booking.confirmHold({ holdId: released, orderId: 'o' }), 'HOLD_RELEASED');

  const confirmed = await holdId(0);
  await booking.confirmHold({ holdId: confirmed, orderId: 'o' });
  const other = booking.confirmHold({ holdId: confirmed, orderId: 'p' });
  assert.equal((await refused(other, 'ALREADY_CONFIRMED')).details.id, confirmed);

  const long = booking.extendHold({ holdId: owned, holder: 'ann', ttl: 25 * HOUR });
  await refused(long, 'HOLD_LIFETIME_EXCEEDED');

  const single = await addTour(booking, 1);
  const late = (await hold(booking, single)).hold.id;
  clock.advance(HOUR);
  await refused(booking.extendHold({ holdId: late }), 'HOLD_EXPIRED');
  await hold(booking, single);
  const reclaim = booking.confirmHold({ holdId: late, orderId: 'o', ifExpired: 'reclaim' });
  const taken = await refused(reclaim, 'HOLD_EXPIRED_AND_TAKEN');
  assert.equal(taken.details.reason, 'INSUFFICIENT_CAPACITY');
  assert.match(taken.message, /: INSUFFICIENT_CAPACITY \(.* has 0 left of 1 asked\)$/);
});

onEach(test, 'what has become of a booking', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on);
  const none = booking.cancelAllocation({ allocationId: NO_ALLOCATION });
  assert.equal((await refused(none, 'ALLOCATION_NOT_FOUND')).details.id, NO_ALLOCATION);
  const { hold: held } = await hold(booking, resourceId);
  const { allocation } = await booking.confirmHold({ holdId: held.id, orderId: 'o' });
  await booking.cancelAllocation({ allocationId: allocation.id });
  const move = booking.moveAllocation({ allocationId: allocation.id, dates: [day(1)] });
  await refused(move, 'ALREADY_CANCELLED');
});

onEach(test, 'what is booked cannot be taken away', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on);
  const { hold: held } = await hold(booking, resourceId, 1, { quantity: 8 });
  const { hold: paid } = await hold(booking, resourceId, 1);
  const { allocation } = await booking.confirmHold({ holdId: paid.id, orderId: 'o' });
  const less = booking.adjustCapacity({ resourceId, dates: [day(0), day(1)], delta: -2 });
  const below = await refused(less, 'CAPACITY_BELOW_BOOKED');
  assert.deepEqual(below.details.days.map(({ date }) => date), [day(1)]);
  const blackout = booking.createBlackout({ resourceId, startDate: day(0), endDate: day(2) });
  const inside = await refused(blackout, 'BLACKOUT_CONFLICT');
  assert.deepEqual([inside.details.holds, inside.details.allocations], [[held], [allocation]]);
  const gone = booking.deleteBlackout({ blackoutId: NO_BLACKOUT });
  assert.equal((await refused(gone, 'BLACKOUT_NOT_FOUND')).details.id, NO_BLACKOUT);
});
