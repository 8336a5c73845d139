// Every operation: what goes in comes out, in JavaScript's own types.
import assert from 'node:assert/strict';
import test from 'node:test';

import { NOW, Booking, day, onEach, openShop, placesLeft, TestClock, open, version }
  from './support.mjs';

const MINUTE = 60 * 1000;

onEach(test, 'a resource is made, changed, found, listed, deleted and restored', async (t, on) => {
  const { booking } = await openShop(t, on);
  const metadata = { seats: [1, 2], boat: { name: 'Ŷ 🐟' }, wet: true, skipper: null };
  const made = await booking.createResource({
    type: 'GUIDE', name: 'Guide', description: 'Knows the reef', metadata,
    timezone: 'Pacific/Apia', isActive: false, idempotencyToken: 'guide',
  });
  const { resource } = made;
  assert.match(resource.id, /^res_/);
  assert.deepEqual(made, {
    replayed: false,
    resource: {
      id: resource.id, type: 'GUIDE', name: 'Guide', description: 'Knows the reef', metadata,
      timezone: 'Pacific/Apia', isActive: false, createdAt: NOW, updatedAt: NOW,
      deletedAt: undefined,
    },
  });
  const resourceId = resource.id;
  const changed = await booking.updateResource({ resourceId, description: '', isActive: true });
  assert.equal(changed.resource.description, '', 'an empty text is a value');
  assert.equal(changed.resource.name, 'Guide', 'what is not given stays');
  assert.equal(changed.resource.isActive, true);
  assert.deepEqual((await booking.updateResource({ resourceId, metadata: null })).resource.metadata,
    null);
  const listed = await booking.listResources({ type: 'GUIDE', isActive: true, text: 'GUI' });
  assert.deepEqual(listed.items.map(({ id }) => id), [resourceId]);
  assert.equal(listed.next, undefined);
  const deleted = await booking.deleteResource({ resourceId });
  assert.deepEqual(deleted.resource.deletedAt, NOW);
  assert.deepEqual((await booking.listResources({ type: 'GUIDE' })).items, []);
  assert.equal((await booking.listResources({ type: 'GUIDE', includeDeleted: true })).items.length,
    1);
  assert.deepEqual(await booking.retrieveResource({ resourceId }), { resource: deleted.resource });
  assert.equal((await booking.restoreResource({ resourceId })).resource.deletedAt, undefined);
});

onEach(test, 'capacity is set by weekday, kept or replaced, and adjusted', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on, { places: 4 });
  // 2030-02-01 is a Friday.
  const weekend = { resourceId, startDate: day(0), endDate: day(6), weekdays: [6, 7] };
  assert.deepEqual(await booking.initializeCapacity({ ...weekend, dailyCapacity: 9 }),
    { daysCreated: 0, daysChanged: 0, replayed: false });
  const replaced = await booking.initializeCapacity(
    { ...weekend, dailyCapacity: 9, onExisting: 'replace', idempotencyToken: 'r' });
  assert.deepEqual(replaced, { daysCreated: 0, daysChanged: 2, replayed: false });
  const again = await booking.initializeCapacity(
    { ...weekend, dailyCapacity: 9, onExisting: 'replace', idempotencyToken: 'r' });
  assert.equal(again.replayed, true);
  const adjusted = await booking.adjustCapacity({ resourceId, dates: [day(1), day(0)], delta: -1 });
  const places = ({ date, resourceId: of, maxCapacity, availableCapacity }) =>
    ({ date, of, maxCapacity, availableCapacity });
  assert.deepEqual(adjusted.days.map(places), [
    { date: day(0), of: resourceId, maxCapacity: 3, availableCapacity: 3 },
    { date: day(1), of: resourceId, maxCapacity: 8, availableCapacity: 8 },
  ]);
  assert.match(adjusted.days[0].id, /^cap_/);
});

onEach(test, 'availability, search and report tell each day', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on, { places: 2 });
  await booking.createBlackout({ resourceId, startDate: day(1), endDate: day(1), reason: 'storm' });
  await booking.createHold({ resourceId, dates: [day(2)], quantity: 2 });
  const range = { startDate: day(0), endDate: day(4), quantity: 1 };
  const answer = await booking.checkAvailability({ resourceId, ...range });
  assert.deepEqual(answer.days.slice(0, 3), [
    { date: day(0), maxCapacity: 2, availableCapacity: 2, isAvailable: true, reason: undefined },
    { date: day(1), maxCapacity: 2, availableCapacity: 2, isAvailable: false, reason: 'BLACKOUT' },
    { date: day(2), maxCapacity: 2, availableCapacity: 0, isAvailable: false, reason: 'SOLD_OUT' },
  ]);
  assert.deepEqual(answer.startDates, []);
  assert.equal(answer.resourceId, resourceId);
  const search = await booking.searchAvailability({ type: 'TOUR', ...range, consecutiveDays: 2 });
  assert.deepEqual(search, { resources: [{ ...answer, startDates: [day(3)] }] });
  const byId = await booking.searchAvailability(
    { resourceIds: [resourceId, 'res_none'], ...range });
  assert.equal(byId.resources.length, 1);
  const report = await booking.getCapacityReport(
    { resourceId, startDate: day(1), endDate: day(2) });
  assert.deepEqual(report, {
    resourceId, maxCapacity: 4, availableCapacity: 2, held: 2, booked: 0, utilisation: 0.5,
    days: [
      { date: day(1), maxCapacity: 2, availableCapacity: 2, held: 0, booked: 0, blackout: true,
        utilisation: 0 },
      { date: day(2), maxCapacity: 2, availableCapacity: 0, held: 2, booked: 0, blackout: false,
        utilisation: 1 },
    ],
  });
});

onEach(test, 'a hold has every field it was made with', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on);
  const request = {
    resourceId, dates: [day(2), day(0)], quantity: 3, customerEmail: 'ann@example.com',
    idempotencyToken: 'cart-1', holder: 'secret', ttl: 5 * MINUTE,
  };
  const { hold, replayed } = await booking.createHold(request);
  assert.equal(replayed, false);
  assert.match(hold.id, /^hold_/);
  assert.deepEqual(hold, {
    id: hold.id, resourceId, dates: [day(0), day(2)], quantity: 3,
    customerEmail: 'ann@example.com', holder: 'secret', idempotencyToken: 'cart-1',
    status: 'ACTIVE', expiresAt: new Date(NOW.getTime() + 5 * MINUTE), groupId: '',
    createdAt: NOW, updatedAt: NOW,
  });
  assert.deepEqual(await booking.createHold(request), { hold, replayed: true });
  assert.deepEqual(await booking.retrieveHold({ holdId: hold.id, holder: 'secret' }), { hold });
  const longer = await booking.extendHold({ holdId: hold.id, ttl: 10 * MINUTE, asHost: true });
  assert.deepEqual(longer.hold.expiresAt, new Date(NOW.getTime() + 10 * MINUTE));
  const moved = await booking.moveHold({ holdId: hold.id, dates: [day(5)], holder: 'secret' });
  assert.deepEqual([moved.hold.dates, moved.hold.quantity], [[day(5)], 3]);
  const gone = await booking.releaseHold({ holdId: hold.id, asHost: true });
  assert.equal(gone.hold.status, 'RELEASED');
  assert.equal(await placesLeft(booking, resourceId, day(5)), 10);
});

onEach(test, 'a group of holds is one: made, extended, confirmed, released', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on);
  const items = [0, 1].map((n) => ({ resourceId, dates: [day(n)], quantity: 1 }));
  const made = await booking.createHolds({ items, customerEmail: 'ann@example.com', ttl: MINUTE });
  assert.match(made.groupId, /^grp_/);
  assert.deepEqual(made.holds.map(({ groupId }) => groupId), [made.groupId, made.groupId]);
  const holdIds = made.holds.map(({ id }) => id);
  const longer = await booking.extendHolds({ holdIds, ttl: 2 * MINUTE });
  assert.deepEqual(longer.holds.map(({ id }) => id), holdIds);
  const paid = await booking.confirmHolds({ holdIds: holdIds.slice(0, 1), orderId: 'o1' });
  assert.deepEqual(paid.allocations.map(({ holdId }) => holdId), holdIds.slice(0, 1));
  const gone = await booking.releaseHolds({ holdIds: holdIds.slice(1) });
  assert.deepEqual(gone.holds.map(({ status }) => status), ['RELEASED']);
  const found = await booking.listHolds({ groupId: made.groupId, status: 'CONFIRMED' });
  assert.deepEqual(found.items.map(({ id }) => id), holdIds.slice(0, 1));
});

onEach(test, 'a booking is confirmed, moved, listed and cancelled', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on);
  const { hold } = await booking.createHold({ resourceId, dates: [day(0)], quantity: 2 });
  const { allocation } = await booking.confirmHold(
    { holdId: hold.id, orderId: 'order', lineItemId: 'line' });
  assert.match(allocation.id, /^alloc_/);
  assert.deepEqual(allocation, {
    id: allocation.id, resourceId, holdId: hold.id, orderId: 'order', lineItemId: 'line',
    dates: [day(0)], quantity: 2, status: 'CONFIRMED', createdAt: NOW, cancelledAt: undefined,
  });
  const moved = await booking.moveAllocation(
    { allocationId: allocation.id, dates: [day(3)], quantity: 1 });
  assert.deepEqual([moved.allocation.dates, moved.allocation.quantity], [[day(3)], 1]);
  const inside = { startDate: day(3), endDate: day(4), status: 'CONFIRMED' };
  const listed = await booking.listAllocations({ resourceId, orderId: 'order', ...inside });
  assert.deepEqual(listed, { items: [moved.allocation], next: undefined });
  const cancelled = await booking.cancelAllocation({ orderId: 'order', lineItemId: 'line' });
  assert.deepEqual(cancelled.allocations[0].cancelledAt, NOW);
  assert.equal(cancelled.allocations[0].status, 'CANCELLED');
  const again = await booking.cancelAllocation({ allocationId: allocation.id });
  assert.equal(again.replayed, true);
});

onEach(test, 'a blackout is made over what is inside, listed and deleted', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on);
  const { hold } = await booking.createHold({ resourceId, dates: [day(1)], quantity: 1 });
  const made = await booking.createBlackout(
    { resourceId, startDate: day(0), endDate: day(2), reason: 'dock', onConflict: 'keep' });
  const { blackout } = made;
  assert.deepEqual(made, {
    blackout: {
      id: blackout.id, resourceId, startDate: day(0), endDate: day(2), reason: 'dock',
      createdAt: NOW, deletedAt: undefined,
    },
    holds: [hold], allocations: [], replayed: false,
  });
  const listed = await booking.listBlackouts({ resourceId, startDate: day(2), endDate: day(9) });
  assert.deepEqual(listed.items, [blackout]);
  const gone = await booking.deleteBlackout({ blackoutId: blackout.id });
  assert.deepEqual(gone.blackout.deletedAt, NOW);
});

onEach(test, 'pages follow each other to the end', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on);
  await Promise.all(Array.from({ length: 7 }, () =>
    booking.createHold({ resourceId, dates: [day(0)], quantity: 1 })));
  const sizes = [];
  const ids = new Set();
  let after;
  do {
    const page = await booking.listHolds({ resourceId, limit: 3, after });
    sizes.push(page.items.length);
    page.items.forEach(({ id }) => ids.add(id));
    after = page.next;
  } while (after);
  assert.deepEqual([sizes, ids.size], [[3, 3, 1], 7]);
});

onEach(test, 'cleanup, verify, prune and the metrics count', async (t, on) => {
  const { booking, clock, resourceId } = await openShop(t, on);
  const customerEmail = 'ann@example.com';
  await booking.createHold({ resourceId, dates: [day(0)], quantity: 4, customerEmail, ttl: 1000 });
  const verified = await booking.verify();
  assert.deepEqual(verified,
    { resources: 1, days: 31, holds: 1, allocations: 0, violations: [] });
  clock.advance(1000);
  assert.deepEqual(await booking.cleanupExpiredHolds({ limit: 10 }), { holdsExpired: 1 });
  clock.advance(48 * 3600 * 1000);
  const pruned = await booking.prune({ olderThanHours: 24, eraseCustomerEmail: customerEmail });
  assert.equal(pruned.holdsRemoved, 1);
  assert.deepEqual(Object.keys(pruned).sort(),
    ['blackoutsRemoved', 'emailsErased', 'holdsRemoved', 'tokensRemoved']);
  await assert.rejects(booking.createHold({ resourceId, dates: [day(0)], quantity: 11 }));
  const metrics = await booking.metrics({ resourceIds: [resourceId] });
  assert.equal(metrics.holdsCreated, 1);
  assert.equal(metrics.holdsExpired, 1);
  assert.equal(metrics.rejections.INSUFFICIENT_CAPACITY, 1);
  assert.equal(metrics.failures.BUSY, 0);
  assert.equal(metrics.use[0].resourceId, resourceId);
  assert.equal(metrics.use[0].days[0].date, '2030-01-17');
  assert.match(await booking.prometheus(), /^holdfast_holds_created_total 1$/m);
});

test('migrate answers the schema version, again and again', async (t) => {
  const { booking } = await openShop(t, 'sqlite');
  const first = await booking.migrate();
  assert.ok(first.schemaVersion >= 1);
  assert.deepEqual(await booking.migrate(), first);
});

onEach(test, 'a thousand promises in flight are decided in batches', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on, { places: 1000 });
  const before = await booking.metrics();
  await Promise.all(Array.from({ length: 1000 }, () =>
    booking.createHold({ resourceId, dates: [day(0)], quantity: 1 })));
  const after = await booking.metrics();
  assert.equal(after.commands - before.commands, 1000);
  // In memory a batch is over before the next call has come; a disk takes its time.
  const most = on === 'memory' ? 1000 : 200;
  assert.ok(after.batches - before.batches <= most, `${after.batches - before.batches} batches`);
  assert.equal(await placesLeft(booking, resourceId, day(0)), 0);
});

test('the options reach the engine', async (t) => {
  const clock = new TestClock(NOW);
  const booking = await open('memory:', {
    clock, timezone: 'Pacific/Apia', holdTtl: 1000, maxHoldLifetime: 5000, lockTimeout: 100,
    retryTimeout: 100, lanes: 1, readers: 1, queueMax: 100,
  });
  t.after(() => booking.close());
  await booking.migrate();
  const { resource } = await booking.createResource({ type: 'TOUR', name: 'Reef' });
  assert.equal(resource.timezone, 'Pacific/Apia');
  await booking.initializeCapacity({
    resourceId: resource.id, startDate: day(0), endDate: day(0), dailyCapacity: 1 });
  const { hold } = await booking.createHold(
    { resourceId: resource.id, dates: [day(0)], quantity: 1 });
  assert.equal(hold.expiresAt.getTime() - NOW.getTime(), 1000);
  const tooLong = booking.extendHold({ holdId: hold.id, ttl: 6000 });
  await assert.rejects(tooLong, { code: 'HOLD_LIFETIME_EXCEEDED' });
});

test('a test clock is read by the engine as it is set', async (t) => {
  const { booking, clock, resourceId } = await openShop(t, 'memory');
  const { hold } = await booking.createHold({ resourceId, dates: [day(0)], quantity: 1, ttl: 1 });
  clock.advance(0.999);
  assert.equal((await booking.retrieveHold({ holdId: hold.id })).hold.status, 'ACTIVE');
  clock.advance(0.001);
  assert.equal((await booking.retrieveHold({ holdId: hold.id })).hold.status, 'EXPIRED');
  clock.set(NOW);
  assert.deepEqual(clock.now(), NOW);
});

test('every operation is a method of its own name', () => {
  assert.equal(Booking.prototype.createHold.name, 'createHold');
  assert.match(version, /^\d+\.\d+\.\d+$/);
});
