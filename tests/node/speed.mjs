// What a call from Node costs, with 100 in flight on memory:; ends with 1 over the bound.
//
//   tests/run node-speed      against an optimised library, on a machine that does nothing else
//
// The cost of the crossing is the time that Node's thread works for a call: converting, queueing,
// answering. The engine works on threads of its own; `wall` and `process` show both together.
import { readFileSync } from 'node:fs';

import { open } from './support.mjs';

const BOUND_US = 15;
const IN_FLIGHT = 100;
const CALLS = 100_000;
const ROUNDS = 3;

/** Microseconds that this thread has been on a processor. */
const threadTime = () =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;

const processTime = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function measure(ask) {
  const clocks = [() => performance.now() * 1000, threadTime, processTime];
  const began = clocks.map((clock) => clock());
  let begun = 0;
  await Promise.all(Array.from({ length: IN_FLIGHT }, async (_, lane) => {
    while (begun++ < CALLS) await ask(lane);
  }));
  const [wall, thread, all] = clocks.map((clock, at) => (clock() - began[at]) / CALLS);
  return { wall, thread, all };
}

const booking = await open('memory:');
await booking.migrate();
const range = { startDate: '2099-01-01', endDate: '2099-01-01' };
const ids = await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
  const { resource: { id } } = await booking.createResource({ type: 'TOUR', name: 'Reef' });
  await booking.initializeCapacity({ resourceId: id, ...range, dailyCapacity: 1_000_000 });
  return id;
}));
const dates = [range.startDate];
const { hold } = await booking.createHold({ resourceId: ids[0], dates, quantity: 1 });
const calls = {
  createHold: (lane) => booking.createHold({ resourceId: ids[lane], dates, quantity: 1 }),
  retrieveHold: () => booking.retrieveHold({ holdId: hold.id }),
  checkAvailability: (lane) =>
    booking.checkAvailability({ resourceId: ids[lane], ...range, quantity: 1 }),
};

for (const [name, ask] of Object.entries(calls)) {
  let best = { thread: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    const measured = await measure(ask);
    if (measured.thread < best.thread) best = measured;
  }
  const us = (time) => `${time.toFixed(1)} us`;
  console.log(`${name.padEnd(18)} Node's thread ${us(best.thread)}, wall ${us(best.wall)}, ` +
    `process ${us(best.all)} a call; at most ${BOUND_US} us on Node's thread`);
  if (best.thread > BOUND_US) process.exitCode = 1;
}
await booking.close();
