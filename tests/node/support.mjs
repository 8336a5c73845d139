// What every test here needs: the package under test, a fresh database, budgets, refusals caught.
//
// HOLDFAST_NODE_PACKAGE is the folder of the package; the one in bindings/ when it is not set.
import { spawn, spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const packageFolder = resolve(
  process.env.HOLDFAST_NODE_PACKAGE ?? join(root, 'bindings', 'node'));
export const entry = pathToFileURL(join(packageFolder, 'index.mjs')).href;

export const { Booking, BookingFailed, BookingRejected, TestClock, open, version } =
  await import(entry);

// ---- how long, which dice -----------------------------------------------------------------------

const budget = Number(process.env.HOLDFAST_BUDGET ?? 1) || 1;
/** A number of rounds at HOLDFAST_BUDGET=1, scaled; at least 1. */
export const scaled = (rounds) => Math.max(1, Math.floor(rounds * budget));

/** Numbers from 0 to below 1 that HOLDFAST_SEED replays. */
export function dice() {
  const seed = Number(process.env.HOLDFAST_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`seed: ${seed}`);
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// ---- databases ----------------------------------------------------------------------------------

const postgres = process.env.HOLDFAST_TEST_POSTGRES;
const wanted = process.env.HOLDFAST_TEST_BACKENDS?.split(',');

export const backends = ['memory', 'sqlite', 'postgres']
  .filter((name) => name !== 'postgres' || postgres)
  .filter((name) => !wanted || wanted.includes(name));

function psql(conninfo, ...statements) {
  const { status, stderr, error } = spawnSync('psql',
    ['-qX', conninfo, ...statements.flatMap((sql) => ['-c', sql])], { encoding: 'utf8' });
  assert.equal(status, 0, error?.message ?? stderr);
}

/** Emptying a database of a server takes less than making one, so they are used again. */
class ServerDatabases {
  #made = [];
  #free = [];

  take() {
    const used = this.#free.pop();
    if (used !== undefined) {
      psql(used, 'SET client_min_messages TO warning', 'DROP SCHEMA IF EXISTS holdfast CASCADE');
      return used;
    }
    const name = `holdfast_node_${process.pid}_${this.#made.length}`;
    psql(postgres, `CREATE DATABASE ${name} TEMPLATE template0`);
    if (this.#made.length === 0) process.once('exit', () => this.#drop());
    this.#made.push(name);
    return `${postgres} dbname=${name}`;
  }

  giveBack(conninfo) {
    this.#free.push(conninfo);
  }

  #drop() {
    psql(postgres, ...this.#made.map((name) => `DROP DATABASE ${name} WITH (FORCE)`));
  }
}

const server = new ServerDatabases();

/** { uri, drop }: a database of its own, empty. */
export function freshDatabase(backend) {
  if (backend === 'memory') return { uri: 'memory:', drop() {} };
  if (backend === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-node-'));
    return {
      uri: `sqlite:${join(folder, 'bookings.db')}`,
      drop: () => rmSync(folder, { recursive: true }),
    };
  }
  const conninfo = server.take();
  return { uri: `postgres:${conninfo}`, drop: () => server.giveBack(conninfo) };
}

/** What the engine locks for a resource on PostgreSQL: src/storage/README.md. */
function lockKey(resourceId) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(resourceId)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return (0x4846n << 48n) | (hash & 0xffffffffffffn);
}

/** Locks a resource as another program would; answers a function that lets it go. */
export async function lockedElsewhere(t, uri, resourceId) {
  const [backend] = uri.split(':', 1);
  const database = uri.slice(backend.length + 1);
  const program = backend === 'sqlite' ? spawn('python3', ['-u', '-c', [
    'import sqlite3, sys', `c = sqlite3.connect(${JSON.stringify(database)})`,
    'c.isolation_level = None', 'c.execute("BEGIN IMMEDIATE")', 'print("locked")',
    'sys.stdin.read()'].join('\n')], { stdio: ['pipe', 'pipe', 'inherit'] })
    : spawn('psql', ['-qXAt', database], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => program.kill());
  if (backend === 'postgres') {
    program.stdin.write(
      `BEGIN;\nSELECT pg_advisory_xact_lock(${lockKey(resourceId)});\n\\echo locked\n`);
  }
  for await (const text of program.stdout.iterator({ destroyOnReturn: false })) {
    if (text.includes('locked')) break;
  }
  return async () => {
    program.stdin.end();
    program.stdout.resume();
    await once(program, 'exit');
  };
}

// ---- a shop -------------------------------------------------------------------------------------

export const NOW = new Date('2030-01-15T00:00:00Z');
const DAY_MS = 24 * 3600 * 1000;

/** The day so many days after 2030-02-01: "2030-02-01". */
export const day = (offset = 0) =>
  new Date(Date.UTC(2030, 1, 1) + offset * DAY_MS).toISOString().slice(0, 10);

/**
 * A migrated engine at NOW with a tour of `places` on the days 0 to 30, closed and dropped after
 * the test `t`; the books are checked before.
 */
export async function openShop(t, backend, { places = 10, ...options } = {}) {
  const database = freshDatabase(backend);
  const clock = new TestClock(NOW);
  const booking = await open(database.uri, { clock, timezone: 'UTC', ...options });
  t.after(async () => {
    const { violations } = await booking.verify();
    await booking.close();
    database.drop();
    assert.deepEqual(violations, []);
  });
  await booking.migrate();
  const resourceId = await addTour(booking, places);
  return { booking, clock, resourceId, uri: database.uri };
}

export async function addTour(booking, places) {
  const { resource } = await booking.createResource({ type: 'TOUR', name: 'Outer reef' });
  await booking.initializeCapacity({
    resourceId: resource.id, startDate: day(0), endDate: day(30), dailyCapacity: places,
  });
  return resource.id;
}

export async function placesLeft(booking, resourceId, date) {
  const { days } = await booking.checkAvailability({
    resourceId, startDate: date, endDate: date, quantity: 1,
  });
  return days[0].availableCapacity;
}

/** A test of the same name on each backend. */
export function onEach(test, name, body) {
  for (const backend of backends) test(`${name} (${backend})`, (t) => body(t, backend));
}

// ---- answers ------------------------------------------------------------------------------------

/** The BookingRejected that a promise ends with. */
export async function refused(promise, code) {
  const error = await promise.then(
    () => assert.fail(`accepted, not ${code}`), (reason) => reason);
  if (!(error instanceof BookingRejected)) throw error;
  assert.equal(error.code, code);
  return error;
}

/** The BookingFailed that a promise ends with. */
export async function failed(promise, code, retry) {
  const error = await promise.then(
    () => assert.fail(`answered, not ${code}`), (reason) => reason);
  if (!(error instanceof BookingFailed)) throw error;
  assert.deepEqual([error.code, error.retry], [code, retry]);
  return error;
}

/** 'ACCEPTED', or the code of the refusal. */
export const outcome = (promise) => promise.then(() => 'ACCEPTED', (error) => {
  if (error instanceof BookingRejected) return error.code;
  throw error;
});
