// The witness in Node: takes steps as lines, answers in the text that step.cpp prints. Instants are
// shown to the millisecond, which is all that a Date has.
//
//     HOLDFAST_NODE_PACKAGE=FOLDER node witness.mjs URI
//
//     step 17 1770091506789012 create_hold r1:20490,20491*2 token=t3 ttl=600
//     state r1 20488 20494
//     violations
//
// Each answer ends with a line of one dot.
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { BookingRejected, TestClock, open } = await import(
  pathToFileURL(join(resolve(process.env.HOLDFAST_NODE_PACKAGE), 'index.mjs')).href);

const DAY_MS = 24 * 3600 * 1000;
const OTHER = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

const micros = (date) => (date ? `${date.getTime()}000` : '-');
const number = (day) => Date.parse(`${day}T00:00:00Z`) / DAY_MS;
const date = (text) => new Date(Number(text) * DAY_MS).toISOString().slice(0, 10);
const listed = (days) => days.map(number).join(',');
const lines = (head, rows) => [head, ...rows.map((row) => `    ${row}`)].join('\n');
const by = (key) => (a, b) => (key(a) < key(b) ? -1 : 1);

/** `17 1770091506789012 create_hold r1:20490,20491*2 h3.0 token=t3 as_host`. */
function parse(line) {
  const [step, now, operation, ...words] = line.split(' ');
  const out = { number: step, now: BigInt(now), operation, items: [], rows: [], fields: {} };
  for (const word of words) {
    const equals = word.indexOf('=');
    const item = /^(.*):([\d,]*)\*(\d+)$/.exec(word);
    if (equals > 0) out.fields[word.slice(0, equals)] = word.slice(equals + 1);
    else if (word === 'as_host') out.asHost = true;
    else if (word === 'flag') out.flag = true;
    else if (item) {
      const [, resource, days, quantity] = item;
      const dates = days === '' ? [] : days.split(',').map(date);
      out.items.push({ resource, dates, quantity: Number(quantity) });
    } else out.rows.push(word);
  }
  return out;
}

class Names {
  #ids = new Map();
  #names = new Map();

  add(name, id) {
    this.#ids.set(name, id);
    this.#names.set(id, name);
  }

  id(name) {
    return this.#ids.get(name);
  }

  of(id, fresh = '?') {
    if (!id) return '';
    if (!this.#names.has(id)) this.add(fresh, id);
    return this.#names.get(id);
  }
}

const names = new Names();
names.add("nobody's-resource", `res_${OTHER}`);
names.add("nobody's-hold", `hold_${OTHER}_${OTHER}`);
names.add("nobody's-booking", `alloc_${OTHER}_${OTHER}`);
names.add("nobody's-blackout", `blk_${OTHER}_${OTHER}`);

const clock = new TestClock(new Date(0));
const booking = await open(process.argv[2], { clock, timezone: 'UTC' });
await booking.migrate();

// ---- what is asked ------------------------------------------------------------------------------

const HOLDS = {
  extend_holds: ['extendHold', 'extendHolds'],
  confirm_holds: ['confirmHold', 'confirmHolds'],
  release_holds: ['releaseHold', 'releaseHolds'],
};

function aboutHolds(s, request) {
  const [singular, plural] = HOLDS[s.operation];
  const holdIds = s.rows.map((name) => names.id(name));
  return holdIds.length === 1
    ? booking[singular]({ holdId: holdIds[0], ...request })
    : booking[plural]({ holdIds, ...request });
}

function carryOut(s) {
  const idempotencyToken = s.fields.token;
  const { holder, order: orderId, line: lineItemId, timezone } = s.fields;
  const { asHost } = s;
  const ttl = s.fields.ttl && Number(s.fields.ttl) * 1000;
  const wanted = Number(s.fields.number ?? 0);
  const { resource, dates = [], quantity } = s.items[0] ?? {};
  const resourceId = names.id(resource);
  const range = { startDate: dates[0], endDate: dates.at(-1) };
  const places = { dates, quantity: quantity || undefined };
  const row = names.id(s.rows[0]);
  switch (s.operation) {
    case 'create_resource':
      return booking.createResource({ type: 'TOUR', name: 'Tour', timezone, idempotencyToken });
    case 'update_resource':
      return booking.updateResource({ resourceId, isActive: s.flag === true, idempotencyToken });
    case 'delete_resource': return booking.deleteResource({ resourceId });
    case 'restore_resource': return booking.restoreResource({ resourceId });
    case 'initialize':
      return booking.initializeCapacity({
        resourceId, ...range, dailyCapacity: wanted, onExisting: s.flag ? 'replace' : 'keep',
        idempotencyToken,
      });
    case 'adjust':
      return booking.adjustCapacity({ resourceId, dates, delta: wanted, idempotencyToken });
    case 'create_hold':
      return booking.createHold({ resourceId, dates, quantity, ttl, holder, idempotencyToken });
    case 'create_holds': {
      const items = s.items.map((item) => (
        { resourceId: names.id(item.resource), dates: item.dates, quantity: item.quantity }));
      return booking.createHolds({ items, ttl, holder, idempotencyToken });
    }
    case 'extend_holds': return aboutHolds(s, { ttl, holder, asHost, idempotencyToken });
    case 'confirm_holds': {
      const ifExpired = s.flag ? 'reclaim' : 'reject';
      return aboutHolds(s, { orderId, lineItemId, ifExpired, holder, asHost });
    }
    case 'release_holds': return aboutHolds(s, { holder, asHost });
    case 'move_hold':
      return booking.moveHold({ holdId: row, ...places, holder, asHost, idempotencyToken });
    case 'move_allocation':
      return booking.moveAllocation({ allocationId: row, ...places, idempotencyToken });
    case 'cancel': return booking.cancelAllocation({ allocationId: row });
    case 'cancel_order': return booking.cancelAllocation({ orderId, lineItemId });
    case 'create_blackout':
      return booking.createBlackout({
        resourceId, ...range, onConflict: s.flag ? 'keep' : 'refuse', idempotencyToken,
      });
    case 'delete_blackout': return booking.deleteBlackout({ blackoutId: row });
    case 'cleanup': return booking.cleanupExpiredHolds();
    case 'prune': return booking.prune({ olderThanHours: wanted });
    default: throw new Error(`no operation ${s.operation}`);
  }
}

// ---- what is answered ---------------------------------------------------------------------------

function hold(row, s, n = 0) {
  const token = row.idempotencyToken.startsWith('tok_') ? '' : row.idempotencyToken;
  return `hold ${names.of(row.id, `h${s?.number}.${n}`)} of ${names.of(row.resourceId)} `
    + `${row.status} ${listed(row.dates)}*${row.quantity} expires ${micros(row.expiresAt)} `
    + `made ${micros(row.createdAt)} changed ${micros(row.updatedAt)} holder <${row.holder}> `
    + `token <${token}> group <${names.of(row.groupId, `g${s?.number}`)}>`;
}

const allocation = (row, s, n = 0) =>
  `booking ${names.of(row.id, `a${s?.number}.${n}`)} of ${names.of(row.resourceId)} ${row.status} `
  + `hold ${names.of(row.holdId)} ${listed(row.dates)}*${row.quantity} order <${row.orderId}> `
  + `line <${row.lineItemId}> made ${micros(row.createdAt)} cancelled ${micros(row.cancelledAt)}`;

const blackout = (row, s) =>
  `blackout ${names.of(row.id, `b${s?.number}.0`)} of ${names.of(row.resourceId)} `
  + `${listed([row.startDate, row.endDate])} made ${micros(row.createdAt)} `
  + `deleted ${micros(row.deletedAt)}`;

const resource = (row, s) =>
  `resource ${names.of(row.id, s?.items[0]?.resource)} ${row.isActive ? 'active' : 'inactive'} `
  + `changed ${micros(row.updatedAt)} deleted ${micros(row.deletedAt)}`;

const day = (row, asked) =>
  `day ${names.of(row.resourceId)} ${number(row.date)} ${asked} ${row.availableCapacity}`;

function rejected(s, { code, details }) {
  const about = names.of(details.id, details.id);
  const head = code + (about ? ` about=${about}` : '')
    + (details.reason ? ` reason=${details.reason}` : '');
  const days = details.days.map((row) => day(row, row.requested));
  const holds = details.holds.map((row) => hold(row, s));
  const bookings = details.allocations.map((row) => allocation(row, s));
  if (code !== 'BLACKOUT_CONFLICT') return lines(head, [...days, ...holds, ...bookings]);
  return lines(head, [...days, ...holds.sort(), ...bookings.sort()]);
}

const COUNTS = ['daysCreated', 'daysChanged', 'holdsExpired', 'holdsRemoved', 'tokensRemoved',
  'blackoutsRemoved'];

function accepted(s, a) {
  const counts = COUNTS.filter((name) => name in a).map((name) => ` ${a[name]}`);
  const head = `ACCEPTED${a.replayed ? ' again' : ''}${counts.join('')}`;
  const rows = a.resource ? [resource(a.resource, s)] : [];
  if (s.operation === 'adjust') rows.push(...a.days.map((row) => day(row, row.maxCapacity)));
  const holds = (a.hold ? [a.hold] : a.holds ?? []).map((row, n) => hold(row, s, n));
  const found = (a.allocation ? [a.allocation] : a.allocations ?? [])
    .map((row, n) => {
      const name = names.of(row.id, `a${s.number}.${n}`);
      return { name, text: allocation(row, s, n) };
    });
  // Bookings of one order were made at one instant; they have no order that all share.
  if (s.operation === 'cancel_order') found.sort(by((row) => row.name));
  const bookings = found.map((row) => row.text);
  if (!a.blackout) return lines(head, [...rows, ...holds, ...bookings]);
  return lines(head, [...rows, blackout(a.blackout, s), ...holds.sort(), ...bookings.sort()]);
}

async function answer(s) {
  // A Date has no microseconds, advance() has.
  clock.set(new Date(Number(s.now / 1000n)));
  clock.advance(Number(s.now % 1000n) / 1000);
  try {
    return accepted(s, await carryOut(s));
  } catch (error) {
    if (!(error instanceof BookingRejected)) throw error;
    return rejected(s, error);
  }
}

async function all(list, resourceId) {
  const rows = [];
  for (let after; ;) {
    const page = await booking[list]({ resourceId, limit: 1000, after });
    rows.push(...page.items);
    after = page.next;
    if (!after) return rows;
  }
}

async function reasonsOf(request, count) {
  try {
    const { days } = await booking.checkAvailability({ ...request, quantity: 1 });
    return days.map((row) => row.reason ?? '');
  } catch (error) {
    if (!(error instanceof BookingRejected)) throw error;
    return Array(count).fill('DELETED');
  }
}

async function state(name, first, last) {
  const resourceId = names.id(name);
  const request = { resourceId, startDate: date(first), endDate: date(last) };
  const head = resource((await booking.retrieveResource({ resourceId })).resource);
  const report = await booking.getCapacityReport(request);
  const reasons = await reasonsOf(request, report.days.length);
  const days = report.days.map((d, i) =>
    `day ${number(d.date)} max ${d.maxCapacity} available ${d.availableCapacity} held ${d.held} `
    + `booked ${d.booked}${d.blackout ? ' blackout' : ''} ${reasons[i]}`);
  const holds = (await all('listHolds', resourceId)).map((row) => hold(row)).sort();
  const bookings = (await all('listAllocations', resourceId)).map((row) => allocation(row)).sort();
  const closed = (await all('listBlackouts', resourceId)).map((row) => blackout(row)).sort();
  return lines(head, [...days, ...holds, ...bookings, ...closed]);
}

async function asked(line) {
  const [what] = line.split(' ', 1);
  const rest = line.slice(what.length + 1);
  if (what === 'step') return answer(parse(rest));
  if (what === 'state') return state(...rest.split(' '));
  return String((await booking.verify()).violations.length);
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = await asked(line).catch((error) => `fails: ${error.name}: ${error.message}`);
  process.stdout.write(`${said}\n.\n`);
}
await booking.close();
