// Failures of real booking systems, from Node. The books are checked after each, see openShop().
import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { addTour, day, entry, lockedElsewhere, onEach, open, openShop, outcome, placesLeft,
  refused, scaled } from './support.mjs';

const HOUR = 3600 * 1000;

const hold = (booking, resourceId, more = {}) =>
  booking.createHold({ resourceId, dates: [day(0)], quantity: 1, ...more });
const confirm = (booking, holdId, orderId, more = {}) =>
  booking.confirmHold({ holdId, orderId, ...more });

function count(answers) {
  const counts = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
}

// ---- last-place stampede ------------------------------------------------------------------------

onEach(test, 'last-place stampede: as many holds as places, and no other answer than sold out',
  async (t, on) => {
    const { booking } = await openShop(t, on);
    for (let round = 0; round < scaled(on === 'postgres' ? 10 : 50); round++) {
      const resourceId = await addTour(booking, 10);
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => outcome(hold(booking, resourceId))));
      assert.deepEqual(count(answers), { ACCEPTED: 10, INSUFFICIENT_CAPACITY: 10 });
    }
  });

onEach(test, 'last-place stampede from several engines on one database', async (t, on) => {
  if (on === 'memory') return;
  const { booking, clock, resourceId, uri } = await openShop(t, on);
  const source = `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    import { open } from ${JSON.stringify(entry)};
    const booking = await open(${JSON.stringify(uri)}, { timezone: 'UTC' });
    parentPort.postMessage('ready');
    await new Promise((resolve) => parentPort.once('message', resolve));
    const hold = () => booking.createHold({
      resourceId: ${JSON.stringify(resourceId)}, dates: ['${day(0)}'], quantity: 1 })
      .then(() => 'ACCEPTED', (error) => error.code);
    parentPort.postMessage(await Promise.all(Array.from({ length: 10 }, hold)));
    await booking.close();`)}`;
  const workers = Array.from({ length: 3 }, () => new Worker(new URL(source)));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const answers = await Promise.all(workers.map((worker) => {
    worker.postMessage('go');
    return once(worker, 'message');
  }));
  assert.deepEqual(count(answers.flat(2)), { ACCEPTED: 10, INSUFFICIENT_CAPACITY: 20 });
  clock.set(new Date());  // theirs was the real one
  assert.equal(await placesLeft(booking, resourceId, day(0)), 0);
});

// ---- expired, not swept -------------------------------------------------------------------------

onEach(test, 'expired, not swept: before, at and after the instant everything agrees',
  async (t, on) => {
    const { booking, clock } = await openShop(t, on);
    for (const [offset, over] of [[-0.001, false], [0, true], [0.001, true]]) {
      const start = clock.now();
      const near = async (ask) => {
        const resourceId = await addTour(booking, 1);
        const { hold: held } = await hold(booking, resourceId);
        clock.set(held.expiresAt);
        clock.advance(offset);
        const answer = await ask(held.id, resourceId);
        clock.set(start);
        return answer;
      };
      const ended = over ? 'HOLD_EXPIRED' : 'ACCEPTED';
      const taken = over ? 'ACCEPTED' : 'INSUFFICIENT_CAPACITY';
      assert.equal(await near((_, id) => placesLeft(booking, id, day(0))), over ? 1 : 0);
      assert.equal(await near((_, id) => outcome(hold(booking, id))), taken);
      assert.equal(await near((holdId) => outcome(booking.extendHold({ holdId }))), ended);
      assert.equal(await near((holdId) => outcome(confirm(booking, holdId, 'o'))), ended);
      const { hold: seen } = await near((holdId) => booking.retrieveHold({ holdId }));
      assert.equal(seen.status, over ? 'EXPIRED' : 'ACTIVE');
    }
  });

onEach(test, 'expired, not swept: neither a sweep nor a clock that steps back changes an answer',
  async (t, on) => {
    const { booking, clock } = await openShop(t, on);
    const resourceId = await addTour(booking, 1);
    const { hold: first } = await hold(booking, resourceId);
    clock.set(first.expiresAt);
    const { hold: second } = await hold(booking, resourceId);
    const look = async () => ({
      first: await booking.retrieveHold({ holdId: first.id }),
      second: await booking.retrieveHold({ holdId: second.id }),
      left: await placesLeft(booking, resourceId, day(0)),
    });
    const before = await look();
    await booking.cleanupExpiredHolds();
    assert.deepEqual(await look(), before);
    clock.advance(-HOUR);
    await refused(confirm(booking, first.id, 'o'), 'HOLD_EXPIRED');
    assert.equal((await look()).first.hold.status, 'EXPIRED');
  });

onEach(test, 'expired, not swept: a confirm that waits for the lock past the instant is too late',
  async (t, on) => {
    if (on === 'memory') return;
    const { booking, clock, uri } = await openShop(t, on, { lockTimeout: 20_000 });
    const other = await open(uri, { clock, timezone: 'UTC', lockTimeout: 20_000 });
    const resourceId = await addTour(booking, 1);
    const { hold: held } = await hold(booking, resourceId);
    const letGo = await lockedElsewhere(t, uri, resourceId);
    const late = outcome(confirm(booking, held.id, 'o'));
    await sleep(100);
    clock.set(held.expiresAt);
    const taken = outcome(hold(other, resourceId));
    await letGo();
    assert.deepEqual([await late, await taken], ['HOLD_EXPIRED', 'ACCEPTED']);
    await other.close();
  });

// ---- late payment -------------------------------------------------------------------------------

onEach(test, 'late payment for a place that is sold: refund, and the other booking is untouched',
  async (t, on) => {
    const { booking, clock } = await openShop(t, on);
    const resourceId = await addTour(booking, 1);
    const { hold: a } = await hold(booking, resourceId);
    clock.set(a.expiresAt);
    const { hold: b } = await hold(booking, resourceId);
    const { allocation } = await confirm(booking, b.id, 'order_b');
    const late = confirm(booking, a.id, 'order_a', { ifExpired: 'reclaim' });
    const error = await refused(late, 'HOLD_EXPIRED_AND_TAKEN');
    assert.equal(error.details.reason, 'INSUFFICIENT_CAPACITY');
    await refused(booking.releaseHold({ holdId: a.id }), 'HOLD_EXPIRED');
    const { items } = await booking.listAllocations({ resourceId });
    assert.deepEqual(items, [allocation]);
    assert.equal(await placesLeft(booking, resourceId, day(0)), 0);
  });

onEach(test, 'late payment for a place that is still free books it, once', async (t, on) => {
  const { booking, clock } = await openShop(t, on);
  const resourceId = await addTour(booking, 1);
  const { hold: a } = await hold(booking, resourceId);
  clock.set(a.expiresAt);
  const pay = () => confirm(booking, a.id, 'order_a', { ifExpired: 'reclaim' });
  const first = await pay();
  const again = await pay();
  assert.deepEqual(again, { allocation: first.allocation, replayed: true });
  assert.equal(await placesLeft(booking, resourceId, day(0)), 0);
});

// ---- two confirms race --------------------------------------------------------------------------

onEach(test, 'two confirms race: one allocation, both callers get it, another order is refused',
  async (t, on) => {
    const { booking, resourceId } = await openShop(t, on, { places: 1000 });
    for (let round = 0; round < scaled(20); round++) {
      const { hold: held } = await hold(booking, resourceId);
      const [first, second] = await Promise.all(
        [confirm(booking, held.id, 'O'), confirm(booking, held.id, 'O')]);
      assert.deepEqual(first.allocation, second.allocation);
      await refused(confirm(booking, held.id, 'P'), 'ALREADY_CONFIRMED');
      const { hold: contested } = await hold(booking, resourceId);
      const answers = await Promise.all(['O', 'P', 'Q'].map((order) =>
        outcome(confirm(booking, contested.id, order))));
      assert.deepEqual(count(answers), { ACCEPTED: 1, ALREADY_CONFIRMED: 2 });
    }
  });

// ---- token matrix -------------------------------------------------------------------------------

onEach(test, 'token matrix: many at once with one token make one hold', async (t, on) => {
  const { booking, resourceId } = await openShop(t, on);
  const token = { idempotencyToken: 'cart' };
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => hold(booking, resourceId, token)));
  assert.equal(new Set(answers.map(({ hold: { id } }) => id)).size, 1);
  assert.equal(answers.filter(({ replayed }) => !replayed).length, 1);
  await refused(hold(booking, resourceId, { ...token, quantity: 2 }), 'IDEMPOTENCY_MISMATCH');
  const elsewhere = await addTour(booking, 1);
  assert.equal((await hold(booking, elsewhere, token)).replayed, false, 'its scope is a resource');
});

onEach(test, 'token matrix: a refused request keeps no token, an expired hold stays expired',
  async (t, on) => {
    const { booking, clock } = await openShop(t, on);
    const resourceId = await addTour(booking, 1);
    const { hold: other } = await hold(booking, resourceId);
    const token = { idempotencyToken: 'cart' };
    await refused(hold(booking, resourceId, token), 'INSUFFICIENT_CAPACITY');
    await booking.releaseHold({ holdId: other.id });
    const { hold: mine, replayed } = await hold(booking, resourceId, token);
    assert.equal(replayed, false);
    clock.set(mine.expiresAt);
    const late = await hold(booking, resourceId, token);
    assert.deepEqual([late.hold.id, late.hold.status, late.replayed], [mine.id, 'EXPIRED', true]);
    assert.equal((await booking.listHolds({ resourceId })).items.length, 2);
  });

onEach(test, 'token matrix: a confirm repeated after the deadline is a replay, not expired',
  async (t, on) => {
    const { booking, clock, resourceId, uri } = await openShop(t, on);
    const { hold: held } = await hold(booking, resourceId);
    const { allocation } = await confirm(booking, held.id, 'O');
    clock.set(new Date(held.expiresAt.getTime() + HOUR));
    const repeat = { allocation, replayed: true };
    assert.deepEqual(await confirm(booking, held.id, 'O'), repeat);
    if (on === 'memory') return;
    const other = await open(uri, { clock, timezone: 'UTC' });
    assert.deepEqual(await confirm(other, held.id, 'O'), repeat);
    await other.close();
  });
