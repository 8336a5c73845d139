// What Holdfast is for, in ten steps: a hundred customers want the last sixteen places of a tour.
//
//   node walkthrough.mjs [URI]     sqlite:PATH (sqlite:bookings.db when not given), memory:,
//                                  postgres://...
//
// Ends with 0 only if every step came out as it says. walkthrough.cpp and .c are the same.
import { setTimeout as sleep } from 'node:timers/promises';

import { BookingRejected, open, version } from 'holdfast';

const PLACES = 16;
const CUSTOMERS = 100;
const SECOND = 1000;
const HOUR = 3600 * SECOND;

const print = console.log;

function expect(cameOut, what) {
  if (cameOut) return;
  print(`NOT AS EXPECTED: ${what}`);
  process.exit(1);
}

/** The refusal that a promise ends with, which has to be this one. */
async function refused(promise, code) {
  const error = await promise.then(() => undefined, (reason) => reason);
  if (error !== undefined && !(error instanceof BookingRejected)) throw error;
  expect(error?.code === code, code);
  return error;
}

// ---- days ---------------------------------------------------------------------------------------

const plusDays = (day, count) => {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
};

/** 1 = Monday ... 7 = Sunday. */
const weekday = (day) => new Date(`${day}T00:00:00Z`).getUTCDay() || 7;

const dayOfMonth = (day) => Number(day.slice(8));

// ---- the shop -----------------------------------------------------------------------------------

function holdOnePlace(shop, token, ttl) {
  return shop.booking.createHold({
    resourceId: shop.tour, dates: [shop.departure], quantity: 1, ttl,
    customerEmail: `${token}@example.com`, idempotencyToken: token,
  });
}

async function placesLeft(shop) {
  const { days } = await shop.booking.checkAvailability({
    resourceId: shop.tour, startDate: shop.departure, endDate: shop.departure, quantity: 1,
  });
  return days[0].availableCapacity;
}

// ---- the steps ----------------------------------------------------------------------------------

async function migrate({ booking }) {
  print(`Holdfast ${version}\n\n1. Migrate the database`);
  const { schemaVersion } = await booking.migrate();
  print(`   schema version ${schemaVersion}`);
}

async function addResource({ booking }, type, name) {
  const { resource } = await booking.createResource({ type, name });
  return resource.id;
}

async function addYear({ booking, today }, name, resourceId, places, weekdays) {
  const { daysCreated } = await booking.initializeCapacity({
    resourceId, startDate: today, endDate: plusDays(today, 364), dailyCapacity: places, weekdays,
  });
  print(`   ${name.padEnd(16)} ${String(places).padStart(2)} a day on ${daysCreated} days`);
}

/** The engine knows what day it is where the resource is; the host's clock and TZ do not matter. */
async function todayOf({ booking }, resourceId) {
  const { use } = await booking.metrics({ resourceIds: [resourceId] });
  return use[0].days[0].date;
}

async function setUp(shop) {
  print('\n2. Three resources, and a year of capacity');
  shop.vehicle = await addResource(shop, 'VEHICLE', '4WD wagon');
  shop.tour = await addResource(shop, 'TOUR', 'Island day tour');
  shop.guide = await addResource(shop, 'GUIDE', 'Island guide');
  shop.today = await todayOf(shop, shop.tour);
  shop.month = plusDays(shop.today, 1);
  while (dayOfMonth(shop.month) !== 1) shop.month = plusDays(shop.month, 1);
  shop.departure = plusDays(shop.month, 14);
  print(`   today in Australia/Brisbane is ${shop.today}`);
  await addYear(shop, '4WD wagon', shop.vehicle, 1);
  await addYear(shop, 'Island day tour', shop.tour, PLACES);
  await addYear(shop, 'Island guide', shop.guide, 1, [2, 3, 4, 5, 6, 7]);
}

const closeDays = ({ booking, tour }, startDate, endDate, reason) =>
  booking.createBlackout({ resourceId: tour, startDate, endDate, reason });

function formatDay({ date, reason, availableCapacity }) {
  const left = reason === 'BLACKOUT' ? '--' : String(availableCapacity).padEnd(2);
  return ` ${String(dayOfMonth(date)).padStart(2)}:${left}`;
}

async function printCalendar({ booking, tour, month, departure }) {
  let end = plusDays(month, 27);
  while (dayOfMonth(plusDays(end, 1)) !== 1) end = plusDays(end, 1);
  const { days } = await booking.checkAvailability({
    resourceId: tour, startDate: month, endDate: end, quantity: 1,
  });
  print('\n     Mon   Tue   Wed   Thu   Fri   Sat   Sun');
  let week = `  ${'      '.repeat(weekday(month) - 1)}`;
  for (const day of days) {
    week += formatDay(day);
    if (weekday(day.date) !== 7 && day.date !== end) continue;
    print(week);
    week = '  ';
  }
  expect(days[0].date === month, 'the calendar starts on the first of the month');
  expect(days[14].date === departure, 'and has a row for each of its days');
}

async function showCalendar(shop) {
  print(`\n3. The tour's calendar for ${shop.month.slice(0, 7)}: day:places left ` +
    '(--: no boat, a blackout)');
  await closeDays(shop, plusDays(shop.month, 20), plusDays(shop.month, 21),
    'the boat is in the dock');
  await printCalendar(shop);
  expect(await placesLeft(shop) === PLACES, 'all places of the day are free');
}

/** The holds that were made. */
async function rush(shop) {
  print(`\n4. ${CUSTOMERS} customers go for the last ${PLACES} places on ${shop.departure} ` +
    'at once');
  const answers = await Promise.allSettled(
    Array.from({ length: CUSTOMERS }, (_, number) => holdOnePlace(shop, `cart-${number}`)));
  const held = [];
  let soldOut = 0;
  for (const answer of answers) {
    if (answer.status === 'fulfilled') {
      held.push(answer.value.hold);
      continue;
    }
    const error = await refused(Promise.reject(answer.reason), 'INSUFFICIENT_CAPACITY');
    const [day] = error.details.days;
    expect(day.date === shop.departure && day.availableCapacity === 0, 'told the day, 0 left');
    soldOut++;
  }
  print(`   ${held.length} hold a place`);
  print(`   ${soldOut} were refused: INSUFFICIENT_CAPACITY, ${shop.departure} has 0 left`);
  expect(held.length === PLACES && soldOut === CUSTOMERS - PLACES, '16 hold, 84 are refused');
  return held;
}

async function retryWithToken(shop, held) {
  print("\n5. A customer's request arrives twice (a retry with the same token)");
  const { hold, replayed } = await holdOnePlace(shop, held.idempotencyToken);
  print(`   first  ${held.id}\n   again  ${hold.id} (${replayed ? 'replayed' : 'a second one'})`);
  expect(replayed && hold.id === held.id, 'the same hold is answered');
}

const confirm = ({ booking }, holdId, orderId) =>
  booking.confirmHold({ holdId, orderId, lineItemId: 'item-1' });

async function pay(shop, held) {
  const { allocation } = await confirm(shop, held.id, 'order-1001');
  print(`   confirmed  ${allocation.id} for ${allocation.orderId}`);
  expect(allocation.holdId === held.id, 'the allocation names its hold');
}

async function changeMind(shop, held) {
  const { hold } = await shop.booking.releaseHold({ holdId: held.id });
  print(`   released   now ${hold.status}, ${await placesLeft(shop)} place is free`);
  expect(await placesLeft(shop) === 1, 'the released place is free');
}

async function askForTime({ booking }, held) {
  const { hold } = await booking.extendHold({ holdId: held.id, ttl: 2 * HOUR });
  const gained = hold.expiresAt - held.expiresAt;
  print(`   extended   by more than ${Math.trunc(gained / HOUR) * 60} minutes`);
  expect(gained > HOUR && gained <= 2 * HOUR, 'the extended hold ends two hours from now');
}

async function runOut(shop) {
  print('\n7. The free place is held for two seconds and not paid');
  const { hold: hesitant } = await holdOnePlace(shop, 'cart-hesitant', 2 * SECOND);
  const early = await refused(holdOnePlace(shop, 'cart-next'), 'INSUFFICIENT_CAPACITY');
  print(`   within the two seconds  the next customer: ${early.code}`);
  await sleep(2.2 * SECOND);
  const { hold: next } = await holdOnePlace(shop, 'cart-next');
  print(`   after them              the next customer: ${next.status}`);
  const late = await refused(confirm(shop, hesitant.id, 'order-1002'), 'HOLD_EXPIRED');
  print(`                           the first one pays: ${late.code}`);
  expect(await placesLeft(shop) === 0, 'the place is sold again, once');
}

async function refuseBlackout(shop) {
  print(`\n8. Bad weather: close ${shop.departure}`);
  const error = await refused(closeDays(shop, shop.departure, shop.departure, 'storm warning'),
    'BLACKOUT_CONFLICT');
  const { allocations, holds } = error.details;
  print(`   ${error.code}: ${allocations.length} booking and ${holds.length} holds are in the way`);
  for (const { id, orderId } of allocations) print(`   ${id} (${orderId})`);
  for (const { id } of holds) print(`   ${id}`);
  expect(allocations.length === 1, 'the booking is listed');
  expect(holds.length === PLACES - 1, 'and every hold');
}

async function report({ booking, tour, departure }) {
  print('\n9. The capacity report');
  const { days } = await booking.getCapacityReport({
    resourceId: tour, startDate: plusDays(departure, -1), endDate: plusDays(departure, 1),
  });
  const row = (day, max, free, held, booked, used) => print(
    `   ${day.padEnd(10)} ${max.padStart(4)} ${free.padStart(5)} ${held.padStart(5)} ` +
    `${booked.padStart(7)} ${used.padStart(5)}`);
  row('day', 'max', 'free', 'held', 'booked', 'used');
  for (const { date, maxCapacity, availableCapacity, held, booked, utilisation } of days) {
    row(date, String(maxCapacity), String(availableCapacity), String(held), String(booked),
      `${(100 * utilisation).toFixed(0)}%`);
  }
  const [, { availableCapacity, held, booked }] = days;
  expect(availableCapacity === 0 && held === PLACES - 1 && booked === 1,
    '15 held, 1 booked, none free');
}

async function audit({ booking }) {
  print('\n10. The books');
  const { violations } = await booking.verify();
  print(`   verify: ${violations.length} violations`);
  expect(violations.length === 0, 'every day adds up: max = free + held + booked');
  const exposition = await booking.prometheus();
  for (const line of exposition.split('\n')) {
    if (/^holdfast_(holds|rejections)_/.test(line)) print(`   ${line}`);
  }
  const { holdsCreated, rejections } = await booking.metrics();
  expect(holdsCreated === 18, '18 holds made');
  expect(rejections.INSUFFICIENT_CAPACITY === 85, '85 refused');
}

try {
  const booking = await open(process.argv[2] ?? 'sqlite:bookings.db');
  const shop = {
    booking,
    vehicle: '', tour: '', guide: '', // their ids
    today: '',
    month: '', // the first day of next month
    departure: '', // the day that everybody wants
  };
  await migrate(shop);
  await setUp(shop);
  await showCalendar(shop);
  const held = await rush(shop);
  await retryWithToken(shop, held[0]);
  print('\n6. One pays, one changes their mind, one needs more time');
  await pay(shop, held[0]);
  await changeMind(shop, held[1]);
  await askForTime(shop, held[2]);
  await runOut(shop);
  await refuseBlackout(shop);
  await report(shop);
  await audit(shop);
  await booking.close();
  print('\nEverything came out as stated.');
} catch (error) {
  // Without an answer (no database, no disk) there is nothing to show.
  print(`${error.code ?? error.name}: ${error.message}`);
  process.exitCode = 1;
}
