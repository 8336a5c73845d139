// 100 shoppers for a minute: holds against an empty route of the same store, in turns, and then the
// books. Prints throughput and latencies, and fails when a place is sold twice or a promise broken.
//
// HOLDFAST_LOAD_SECONDS is for both together; HOLDFAST_LOAD_ONLY=report leaves the ratios unjudged.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { day, Shop } from './support.mjs';

const SHOPPERS = 100;
const SECONDS = Number(process.env.HOLDFAST_LOAD_SECONDS ?? 120);
const TURNS = 12;
const RESOURCES = 50;
const PLACES = 40;
const DAYS = 60;

const agent = new Agent({ keepAlive: true, maxSockets: SHOPPERS });

/** { status, ms }; a bare client, so that the shoppers cost as little as they can. */
function post(base, path, headers, body) {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const began = performance.now();
    const sent = request(
      base + path,
      {
        method: 'POST',
        agent,
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        },
      },
      (response) => {
        let said = '';
        response.setEncoding('utf8');
        response.on('data', (part) => {
          said += part;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode, ms: performance.now() - began, said }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

const share = (sorted, part) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

class Tally {
  times = [];
  statuses = new Map();
  seconds = 0;

  add({ status, ms }) {
    this.times.push(ms);
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }

  get figures() {
    const sorted = Float64Array.from(this.times).sort();
    return {
      perSecond: this.times.length / this.seconds,
      p50: share(sorted, 0.5),
      p95: share(sorted, 0.95),
      p99: share(sorted, 0.99),
    };
  }
}

async function turn(seconds, tally, ask) {
  const began = performance.now();
  const until = began + seconds * 1000;
  await Promise.all(
    Array.from({ length: SHOPPERS }, async (_, shopper) => {
      while (performance.now() < until) tally.add(await ask(shopper));
    }),
  );
  tally.seconds += (performance.now() - began) / 1000;
}

/** Asks for one hold after the other at this route. */
function makeShopper(base, path, headers, resources) {
  let asked = 0;
  return (shopper) => {
    asked++;
    const from = asked % (DAYS - 3);
    return post(base, path, headers, {
      resource_id: resources[asked % RESOURCES].id,
      dates: [day(from), day(from + 1), day(from + 2)],
      quantity: 1,
      customer_email: `shopper${shopper}.${asked}@shop.test`,
      idempotency_token: `load-${asked}`,
    });
  };
}

/** No day has more than its places taken, and every hold that was answered is in the books. */
async function checkBooks(shop, resources, answered) {
  await shop.sound();
  let taken = 0;
  for (const { id } of resources) {
    const { report } = await shop.admin.ok(
      'GET',
      '/admin/resource-booking/capacity/report' +
        `?resource_id=${id}&start_date=${day(0)}&end_date=${day(DAYS)}`,
    );
    for (const { held, booked, max_capacity } of report.days)
      assert.ok(held + booked <= max_capacity);
    taken += report.held + report.booked;
  }
  assert.equal(taken, answered * 3, 'holds that were answered and holds in the books');
}

/** All shoppers want the same day, again and again: each place is sold, and none twice. */
async function rush(shop, base, headers) {
  const resource = await shop.resource(PLACES);
  let asked = 0;
  const ask = () =>
    post(base, '/store/resource-booking/holds', headers, {
      resource_id: resource.id,
      dates: [day(0)],
      quantity: 1,
      idempotency_token: `rush-${++asked}`,
    });
  const sold = new Tally();
  await turn(2, sold, ask);
  assert.equal(sold.statuses.get(201), PLACES);
  assert.deepEqual([...sold.statuses.keys()].sort(), [201, 409]);
  assert.deepEqual(await shop.left(resource.id, 0, 1), [0]);
  console.log(`${asked} wanted the ${PLACES} places of a day, ${PLACES} have them`);
}

const shop = await Shop.open({
  booking: { limits: { holdsPerAddress: 1e9 }, logLevel: 'warn' },
  env: {
    LOG_LEVEL: 'error',
    PGOPTIONS: '',
    SHOP_CACHING: process.env.HOLDFAST_LOAD_CACHING ?? 'off',
    MEDUSA_FF_CACHING: String(process.env.HOLDFAST_LOAD_CACHING === 'on'),
  },
});
const resources = await Promise.all(Array.from({ length: RESOURCES }, () => shop.resource(PLACES)));
const { base } = shop.server;
const { headers } = shop.store;
const hold = makeShopper(base, '/store/resource-booking/holds', headers, resources);
const empty = makeShopper(base, '/store/empty', headers, resources);
const warm = new Tally();
await turn(3, new Tally(), empty);
await turn(3, warm, hold);
const holds = new Tally();
const nothing = new Tally();
const turns = [
  [nothing, empty],
  [holds, hold],
];
for (let at = 0; at < TURNS; at++) {
  for (const [tally, ask] of at % 2 ? turns : turns.toReversed())
    await turn(SECONDS / TURNS / 2, tally, ask);
}
const round = (figures) =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Math.round(value * 10) / 10]),
  );
const [a, b] = [nothing.figures, holds.figures];
console.log('empty route', round(a), Object.fromEntries(nothing.statuses));
console.log('holds      ', round(b), Object.fromEntries(holds.statuses));
const ratio = { throughput: b.perSecond / a.perSecond, p95: b.p95 / a.p95 };
console.log(`throughput ${ratio.throughput.toFixed(3)}, p95 ${ratio.p95.toFixed(3)}`);
assert.deepEqual([...holds.statuses.keys()], [201]);
await checkBooks(shop, resources, warm.times.length + holds.times.length);
await rush(shop, base, headers);
await shop.sound();
console.log('no day is oversold, verify is clean');
await shop.close();
agent.destroy();
if (process.env.HOLDFAST_LOAD_ONLY !== 'report') {
  assert.ok(ratio.throughput >= 0.9, 'at least 90% of the throughput of an empty route');
  assert.ok(ratio.p95 <= 1.15, 'at most 1.15 times its p95');
  assert.ok(b.p99 < Math.max(500, 1.15 * a.p99), 'p99 under 500 ms, where Medusa itself can');
}
