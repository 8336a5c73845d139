// What no engine is asked about: a TypeError or RangeError that names the field.
import assert from 'node:assert/strict';
import test from 'node:test';

import { Booking, TestClock, day, open, openShop } from './support.mjs';

const misused = (promise, name, message) =>
  assert.rejects(promise, (error) => {
    assert.equal(error.name, name, String(error));
    assert.ok(error.message.startsWith(message), `${error.message}, not ${message}`);
    return true;
  });

const whole = { resourceId: 'res_x', dates: [day(0)], quantity: 1 };
const range = { resourceId: 'res_x', startDate: day(0), endDate: day(1) };
const wrong = {
  'a field that does not exist': [
    ['createHold', { ...whole, qty: 1 }, 'TypeError', 'qty: there is no such field'],
    ['createHold', { ...whole, resource_id: 'x' }, 'TypeError', 'resource_id: there is no such'],
    ['createHolds', { items: [{ ...whole, ttl: 1 }] }, 'TypeError', 'items[0].ttl: there is no'],
    ['migrate', { now: true }, 'TypeError', 'now: there is no such field'],
  ],
  'a field that is missing': [
    ['createHold', { dates: [day(0)], quantity: 1 }, 'TypeError', 'resourceId: missing'],
    ['createHolds', { items: [whole, { dates: [] }] }, 'TypeError', 'items[1].resourceId: missing'],
    ['createHold', undefined, 'TypeError', 'request: must be an object, not undefined'],
    ['createHold', null, 'TypeError', 'request: must be an object, not null'],
    ['createHold', [whole], 'TypeError', 'request: must be an object, not an array'],
  ],
  'a text that is none': [
    ['createHold', { ...whole, customerEmail: 7 }, 'TypeError', 'customerEmail: must be a string'],
    ['createHold', { ...whole, holder: null }, 'TypeError', 'holder: must be a string, not null'],
    ['createHold', { ...whole, holder: 'a\0b' }, 'TypeError', 'holder: must hold no NUL'],
    ['createHold', { ...whole, holder: 'a\ud800b' }, 'TypeError', 'holder: holds half of a'],
    ['releaseHolds', { holdIds: ['a', '\udc00'] }, 'TypeError', 'holdIds[1]: holds half of a'],
    ['releaseHolds', { holdIds: 'hold_1' }, 'TypeError', 'holdIds: must be an array'],
    ['releaseHolds', { holdIds: ['a', 2] }, 'TypeError', 'holdIds[1]: must be a string, not 2'],
    ['createHold', { ...whole, holder: 'x'.repeat(2 ** 20 + 1) }, 'RangeError', 'holder: longer'],
  ],
  'a number that is none': [
    ['createHold', { ...whole, quantity: '1' }, 'TypeError', 'quantity: must be a number, not "1"'],
    ['createHold', { ...whole, quantity: 1n }, 'TypeError', 'quantity: must be a number, not 1n'],
    ['createHold', { ...whole, quantity: 1.5 }, 'RangeError', 'quantity: must be a whole number'],
    ['createHold', { ...whole, quantity: NaN }, 'RangeError', 'quantity: must be a whole number'],
    ['createHold', { ...whole, quantity: 2 ** 31 }, 'RangeError', 'quantity: must fit 32 bits'],
    ['createHold', { ...whole, ttl: 2 ** 60 }, 'RangeError', 'ttl: must be a whole number'],
  ],
  'a zero that would mean "not given"': [
    ['createHold', { ...whole, ttl: 0 }, 'RangeError', 'ttl: must not be 0'],
    ['moveHold', { holdId: 'h', dates: [day(0)], quantity: 0 }, 'RangeError', 'quantity: must not'],
    ['listHolds', { limit: 0 }, 'RangeError', 'limit: must not be 0'],
    ['cleanupExpiredHolds', { limit: 0 }, 'RangeError', 'limit: must not be 0'],
    ['initializeCapacity', { ...range, dailyCapacity: 1, weekdays: [] }, 'RangeError',
      'weekdays: must not be empty'],
  ],
  'a day that is none': [
    ['createHold', { ...whole, dates: day(0) }, 'TypeError', 'dates: must be an array'],
    ['createHold', { ...whole, dates: [new Date()] }, 'TypeError', 'dates[0]: must be a string'],
    ['createHold', { ...whole, dates: [day(0), '2030-02-30'] }, 'RangeError', 'dates[1]: must be'],
    ['createHold', { ...whole, dates: ['2030-2-03'] }, 'RangeError', 'dates[0]: must be YYYY'],
    ['createHolds', { items: [whole, { ...whole, dates: ['2030/01/01'] }] }, 'RangeError',
      'items[1].dates[0]: must be a day'],
    ['getCapacityReport', { ...range, endDate: 'tomorrow!!' }, 'RangeError', 'endDate: must be a'],
    ['initializeCapacity', { ...range, dailyCapacity: 1, weekdays: [0] }, 'RangeError',
      'weekdays[0]: must be 1 (Monday) to 7 (Sunday)'],
  ],
  'a choice that is none': [
    ['confirmHold', { holdId: 'h', orderId: 'o', ifExpired: 'maybe' }, 'RangeError',
      'ifExpired: must be one of reject, reclaim, not "maybe"'],
    ['confirmHold', { holdId: 'h', orderId: 'o', ifExpired: true }, 'TypeError', 'ifExpired: must'],
    ['listHolds', { status: 'active' }, 'RangeError', 'status: must be one of ACTIVE, CONFIRMED'],
    ['releaseHold', { holdId: 'h', asHost: 1 }, 'TypeError', 'asHost: must be true or false'],
    ['createResource', { type: 'TOUR', name: 'n', metadata: () => {} }, 'TypeError', 'metadata: m'],
    ['createResource', { type: 'TOUR', name: 'n', metadata: 1n }, 'TypeError', 'metadata: must be'],
  ],
};

for (const [what, cases] of Object.entries(wrong)) {
  test(what, async (t) => {
    const { booking } = await openShop(t, 'memory');
    const before = await booking.metrics();
    for (const [method, request, name, message] of cases) {
      await misused(booking[method](request), name, message);
    }
    assert.equal((await booking.metrics()).commands, before.commands, 'the engine was not asked');
  });
}

test('lists longer than the C ABI takes', async (t) => {
  const { booking } = await openShop(t, 'memory');
  const holdIds = Array.from({ length: 4097 }, (_, n) => `hold_${n}`);
  await misused(booking.releaseHolds({ holdIds }), 'RangeError', 'holdIds: more than');
});

test('options', async () => {
  await misused(open(), 'TypeError', 'uri: must be a string');
  await misused(open('memory:', 5), 'TypeError', 'options: must be an object');
  await misused(open('memory:', { uri: 'memory:' }), 'TypeError', 'uri: there is no such field');
  await misused(open('memory:', { timeZone: 'UTC' }), 'TypeError', 'timeZone: there is no such');
  await misused(open('memory:', { lanes: '2' }), 'TypeError', 'lanes: must be a number');
  await misused(open('memory:', { holdTtl: 0 }), 'RangeError', 'holdTtl: must not be 0');
  await misused(open('memory:', { logger: console.log }), 'TypeError', 'logger: must be an object');
  await misused(open('memory:', { logger: { info() {} } }), 'TypeError', 'logger.debug: must be');
  await misused(open('memory:', { clock: new Date() }), 'TypeError', 'clock: must be a TestClock');
  await misused(open('memory:\0x'), 'TypeError', 'uri: must hold no NUL');
});

test('a clock, and an engine that open() did not make', () => {
  assert.throws(() => new TestClock(), TypeError);
  assert.throws(() => new TestClock(new Date('nonsense')), RangeError);
  assert.throws(() => new TestClock(new Date()).advance('1'), TypeError);
  assert.throws(() => new TestClock(new Date()).advance(NaN), RangeError);
  assert.throws(() => new Booking(), TypeError);
});

test('a method that is taken off its engine', async () => {
  const { listHolds } = Booking.prototype;
  await assert.rejects(listHolds(), TypeError);
  await assert.rejects(listHolds.call({}), TypeError);
});
