// The plugin's own reckoning, without a shop: the plan of a cart's holds, settings, DEBUG, limits.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { share, shopFolder } from './support.mjs';

const require = createRequire(join(shopFolder, 'package.json'));
const plugin = (file) =>
  require(join(shopFolder, 'node_modules/medusa-plugin-holdfast/.medusa/server/src', file));

const { planHolds } = plugin('checkout/plan.js');
const { debugNames } = plugin('modules/resource-booking/log.js');
const { cleanupScheduleOf, settingsOf } = plugin('modules/resource-booking/options.js');
const { OpenHolds } = plugin('modules/resource-booking/open-holds.js');

const line = (resourceId, days, quantity) => ({ resourceId, dates: days.split(''), quantity });
const hold = (id, resourceId, days, quantity, status = 'ACTIVE') => ({
  id,
  status,
  ...line(resourceId, days, quantity),
});
/** `create r ab x2`, `move h1 r ab x2`, ... */
const said = ({ actions }) =>
  actions.map(({ kind, line: l, hold: h, quantity }) =>
    [kind, h?.id, l && `${l.resourceId} ${l.dates.join('')} x${quantity}`]
      .filter(Boolean)
      .join(' '),
  );

describe("the plan of a cart's holds", () => {
  const cases = [
    [
      'nothing is to be done where each line has its hold',
      [line('r', 'ab', 2)],
      [hold('h', 'r', 'ab', 2)],
      [],
    ],
    ['a line without a hold gets one', [line('r', 'a', 2)], [], ['create r a x2']],
    ['a hold without a line goes', [], [hold('h', 'r', 'a', 1)], ['release h']],
    [
      'several holds may share a line',
      [line('r', 'a', 3)],
      [hold('h', 'r', 'a', 1), hold('i', 'r', 'a', 2)],
      [],
    ],
    [
      'a line that has grown grows its hold',
      [line('r', 'a', 3)],
      [hold('h', 'r', 'a', 1)],
      ['move h r a x3'],
    ],
    [
      'a line that has shrunk shrinks its hold',
      [line('r', 'a', 1)],
      [hold('h', 'r', 'a', 3)],
      ['shrink h r a x1'],
    ],
    [
      'a line with other days moves its hold',
      [line('r', 'bc', 1)],
      [hold('h', 'r', 'ab', 1)],
      ['move h r bc x1'],
    ],
    [
      'other days and fewer places is a move too',
      [line('r', 'b', 1)],
      [hold('h', 'r', 'a', 3)],
      ['move h r b x1'],
    ],
    [
      'a hold of another resource is of no use',
      [line('r', 'a', 1)],
      [hold('h', 's', 'a', 1)],
      ['create r a x1', 'release h'],
    ],
    [
      'two equal lines share nothing',
      [line('r', 'a', 1), line('r', 'a', 2)],
      [hold('h', 'r', 'a', 2)],
      ['create r a x1'],
    ],
    [
      'an open hold goes before one that has expired, also a larger one',
      [line('r', 'a', 2)],
      [hold('h', 'r', 'a', 2, 'EXPIRED'), hold('i', 'r', 'a', 2)],
      ['release h'],
    ],
    [
      'a hold that fits goes before one that must be moved',
      [line('r', 'a', 1), line('r', 'b', 1)],
      [hold('h', 'r', 'b', 1)],
      ['create r a x1'],
    ],
  ];
  for (const [promise, lines, holds, actions] of cases) {
    test(promise, () => assert.deepEqual(said(planHolds(lines, holds)), actions));
  }

  test('once carried out is no more than kept, whatever the lines and holds', () => {
    const seed = Number(process.env.HOLDFAST_SEED ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`seed: ${seed}`);
    let state = seed;
    const roll = (sides) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % sides;
    };
    const any = () => ['rs'[roll(2)], ['a', 'b', 'ab'][roll(3)], 1 + roll(3)];
    for (let round = 0; round < share(5000); round++) {
      const lines = Array.from({ length: roll(4) }, () => line(...any()));
      const holds = Array.from({ length: roll(4) }, (_, at) => hold(`h${at}`, ...any()));
      const after = carriedOut(planHolds(lines, holds), holds);
      assert.deepEqual(said(planHolds(lines, after)), [], `seed ${seed}, round ${round}`);
    }
  });
});

/** The holds as they are when the plan has been followed. */
function carriedOut({ actions }, holds) {
  const now = new Map(holds.map((h) => [h.id, h]));
  actions.forEach(({ kind, line: l, hold: h, quantity }, at) => {
    if (kind === 'release') now.delete(h.id);
    else now.set(h?.id ?? `new${at}`, { id: h?.id ?? `new${at}`, ...l, quantity });
  });
  return [...now.values()];
}

describe('DEBUG', () => {
  const names = (list) => debugNames(list, 'medusa:resource-booking:hold');
  test('names areas, with stars and exceptions', () => {
    for (const list of [
      '*',
      'medusa:*',
      'x, medusa:resource-booking:*',
      'medusa:resource-booking:hold',
    ]) {
      assert.equal(names(list), true, list);
    }
    for (const list of [
      undefined,
      '',
      'medusa',
      'medusa:resource-booking:checkout',
      '*,-medusa:resource-booking:hold',
      'medusa.resource-booking.hold',
    ]) {
      assert.equal(names(list), false, String(list));
    }
  });
});

describe('settings', () => {
  test('have defaults', () => {
    const { limits, ...settings } = settingsOf(undefined, 'postgres://shop', {});
    assert.deepEqual(settings, {
      databaseUrl: 'postgres://shop',
      timezone: 'Australia/Brisbane',
      holdMs: 1_800_000,
      maxHoldMs: 86_400_000,
      paymentMs: 1_800_000,
      retryMs: 10_000,
      logLevel: 'info',
    });
    assert.deepEqual(limits, {
      rangeDays: 366,
      resources: 100,
      holdsPerCustomer: 20,
      holdsPerAddress: 100,
    });
  });

  test('come from the environment, and from options before it', () => {
    const env = {
      RESOURCE_BOOKING_DATABASE_URL: 'sqlite:x',
      RESOURCE_BOOKING_TIMEZONE: 'Asia/Tokyo',
      RESOURCE_BOOKING_HOLD_MINUTES: '5',
      RESOURCE_BOOKING_MAX_HOLD_HOURS: '2',
      RESOURCE_BOOKING_LOG_LEVEL: 'debug',
    };
    const settings = settingsOf({ holdMinutes: 7 }, 'postgres://shop', env);
    assert.deepEqual(
      [
        settings.databaseUrl,
        settings.timezone,
        settings.holdMs,
        settings.maxHoldMs,
        settings.logLevel,
      ],
      ['sqlite:x', 'Asia/Tokyo', 420_000, 7_200_000, 'debug'],
    );
  });

  test('take a TZ that is a zone, and no other', () => {
    const zone = (TZ) => settingsOf({}, '', { TZ }).timezone;
    assert.equal(zone('Pacific/Auckland'), 'Pacific/Auckland');
    for (const TZ of ['', ':/etc/localtime', 'EST5EDT4,M3.2.0'])
      assert.equal(zone(TZ), 'Australia/Brisbane');
  });

  test('of the clean-up are every five minutes, or what the shop says', () => {
    const env = { RESOURCE_BOOKING_CLEANUP_SCHEDULE: '0 * * * *' };
    assert.equal(cleanupScheduleOf({}, {}), '*/5 * * * *');
    assert.equal(cleanupScheduleOf({}, env), '0 * * * *');
    assert.equal(cleanupScheduleOf({ cleanupSchedule: '0 3 * * *' }, env), '0 3 * * *');
    assert.equal(cleanupScheduleOf({ cleanupSchedule: false }, env), false);
  });

  test('that are wrong are refused by name', () => {
    assert.throws(() => settingsOf({ holdMinutes: 0 }, '', {}), /holdMinutes/);
    assert.throws(() => settingsOf({ colour: 'red' }, '', {}), /colour/);
    assert.throws(() => settingsOf({}, '', { RESOURCE_BOOKING_HOLD_MINUTES: 'x' }), /HOLD_MINUTES/);
    assert.throws(() => settingsOf({}, '', { RESOURCE_BOOKING_LOG_LEVEL: 'loud' }), /loud/);
  });
});

describe('the open holds of an address', () => {
  test('are counted until they end, and a repeated request is none of them', () => {
    const open = new OpenHolds();
    open.add(['a', 'm'], 'h1', { expiresAt: 100, token: 't1' }, 0);
    open.add(['a', 'm'], 'h2', { expiresAt: 200, token: 't2' }, 0);
    assert.equal(open.isFull('a', 1, undefined, 50), true);
    assert.equal(open.isFull('a', 1, 't2', 50), false);
    assert.equal(open.isFull('a', 2, undefined, 50), false);
    assert.equal(open.isFull('b', 1, undefined, 50), false);
    assert.deepEqual([open.count('m'), open.count('b')], [2, 0]);
    assert.equal(open.isFull('a', 1, undefined, 100), false);
    open.add(['a', 'm'], 'h3', { expiresAt: 200, token: '' }, 100);
    open.remove('h3');
    assert.equal(open.isFull('a', 1, undefined, 100), false);
  });

  test('that have ended are forgotten, also of those who never come again', () => {
    const open = new OpenHolds(10);
    for (let at = 0; at < 100; at++) open.add([`a${at}`], `h${at}`, { expiresAt: 5, token: '' }, 0);
    open.add(['z'], 'hz', { expiresAt: 50, token: '' }, 20);
    assert.equal(open.size, 1);
  });
});
