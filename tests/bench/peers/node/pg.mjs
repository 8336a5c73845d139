// node-postgres, a pool of 20: `--system transaction` makes one transaction per hold from here,
// `--system function` asks one PL/pgSQL function (sql/functions.sql) that does the same inside.
import pg from 'pg';
import {
  Refusal,
  TTL_MINUTES,
  driverVersion,
  fingerprint,
  idFor,
  measure,
  nextDay,
  options,
  resourceOf,
} from './common.mjs';
import { SQL, sqlFile } from './statements.mjs';

const ATTEMPTS = 20;
// serialization_failure, deadlock_detected; and unique_violation, because the one that was faster
// with the same token is found by the next attempt.
const RETRIED = new Set(['40001', '40P01', '23505']);

// Days stay text and counts stay numbers: a Date for each day is what makes reads slow.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

async function retrying(attempt) {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!RETRIED.has(error.code) || tries === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * tries * 2));
    }
  }
}

/** Runs `body` in a transaction; a refusal commits too, it has at most recorded expiries. */
async function inTransaction(pool, body) {
  const client = await pool.connect();
  let broken;
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    const answer = await body(client);
    const { command } = await client.query('COMMIT');
    if (command !== 'COMMIT') throw new Error(`COMMIT answered ${command}`);
    return answer;
  } catch (error) {
    await client.query('ROLLBACK').catch((lost) => {
      broken = lost;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

function refusalOf(found, request) {
  if (found === undefined || found.is_deleted) return 'RESOURCE_NOT_FOUND';
  if (!found.is_active) return 'RESOURCE_INACTIVE';
  if (found.is_past) return 'DATE_IN_PAST';
  if (found.days_set < request.dates.length) return 'NO_CAPACITY_SET';
  if (found.is_blackout) return 'BLACKOUT';
  return found.days_short > 0 ? 'INSUFFICIENT_CAPACITY' : undefined;
}

/** Under the locks; answers what to do after COMMIT. */
async function decideHold(client, request, print) {
  const { resource, dates, quantity } = request;
  await client.query({ ...SQL.lockDays, values: [resource, dates] });
  const look = { ...SQL.look, values: [resource, dates, quantity, request.token] };
  let [found] = (await client.query(look)).rows;
  if (found?.replay_id) {
    if (found.replay_print !== print) return { refused: 'IDEMPOTENCY_MISMATCH' };
    return { hold: { id: found.replay_id, replayed: true } };
  }
  for (let first = true; found?.has_due && (first || found.days_short > 0); first = false) {
    await client.query({ ...SQL.expireDue, values: [resource] });
    [found] = (await client.query(look)).rows;
  }
  const refused = refusalOf(found, request);
  if (refused) return { refused };

  const id = idFor('hold', resource);
  const { email, holder, token } = request;
  const { rowCount } = await client.query({
    ...SQL.take,
    values: [resource, dates, quantity, id, email, holder, token, print, TTL_MINUTES],
  });
  if (rowCount !== 1) throw new Error('a day lost its places under the lock');
  return { hold: { id, replayed: false } };
}

/** What both systems share: reads, and the pool. */
class Shop {
  constructor(uri, poolSize) {
    this.pool = new pg.Pool({
      connectionString: uri,
      max: poolSize,
      // The planner takes every list of days for a long one, finds the plan for the very values
      // cheaper, and would plan each hold anew.
      options: '-c plan_cache_mode=force_generic_plan',
    });
    this.pool.on('error', (error) => console.error(error));
  }

  async start() {}

  async checkAvailability({ resource, startDate, endDate, quantity }) {
    const values = [resource, startDate, endDate];
    const { rows } = await this.pool.query({ ...SQL.availability, values, rowMode: 'array' });
    if (rows.length === 0) throw new Refusal('RESOURCE_NOT_FOUND');
    const days = [];
    let at = 0;
    for (let day = startDate; day <= endDate; day = nextDay(day)) {
      const known = rows[at]?.[2] === day ? rows[at++] : [...rows[0].slice(0, 2), day, 0, 0, false];
      days.push(availabilityOf(known, quantity));
    }
    return { resource, days };
  }

  searchAvailability(ranges) {
    return Promise.all(ranges.map((range) => this.checkAvailability(range)));
  }

  async versions() {
    const { rows } = await this.pool.query('SHOW server_version');
    await this.pool.end();
    return { pg: driverVersion('pg'), server: rows[0].server_version };
  }
}

function availabilityOf([isActive, today, date, max, available, isBlackout], quantity) {
  let reason = '';
  if (!isActive) reason = 'INACTIVE';
  else if (date < today) reason = 'PAST';
  else if (max === 0) reason = 'NO_CAPACITY_SET';
  else if (isBlackout) reason = 'BLACKOUT';
  else if (available < quantity) reason = 'SOLD_OUT';
  return { date, max, available, isAvailable: reason === '', reason };
}

class TransactionShop extends Shop {
  async createHold(request) {
    const print = fingerprint(request);
    const { hold, refused } = await retrying(() =>
      inTransaction(this.pool, (client) => decideHold(client, request, print)));
    if (refused) throw new Refusal(refused);
    return hold;
  }

  async confirmHold({ holdId, holder, orderId, lineItemId }) {
    const resource = resourceOf(holdId);
    const id = idFor('alloc', resource);
    return this.end(SQL.confirm, [resource, holdId, holder, id, orderId, lineItemId], 'CONFIRMED');
  }

  async releaseHold({ holdId, holder }) {
    return this.end(SQL.release, [resourceOf(holdId), holdId, holder], 'RELEASED');
  }

  /** One guarded statement is the whole transaction; only when it found nothing we ask why. */
  async end(statement, values, wanted) {
    const { rowCount } = await retrying(() => this.pool.query({ ...statement, values }));
    if (rowCount > 0) return { replayed: false };
    const [resource, holdId, holder, , orderId, lineItemId] = values;
    const why = { ...SQL.state, values: [resource, holdId, holder] };
    const [hold] = (await this.pool.query(why)).rows;
    if (hold === undefined) throw new Refusal('HOLD_NOT_FOUND');
    const isSame = hold.order_id === orderId && hold.line_item_id === lineItemId;
    if (hold.status === wanted && (wanted === 'RELEASED' || isSame)) return { replayed: true };
    if (hold.status === 'CONFIRMED') throw new Refusal('ALREADY_CONFIRMED');
    throw new Refusal(hold.status === 'RELEASED' ? 'HOLD_RELEASED' : 'HOLD_EXPIRED');
  }
}

class FunctionShop extends Shop {
  async start() {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN; SELECT pg_advisory_xact_lock(20040229)');
      const { rows } = await client.query("SELECT to_regnamespace('shop') IS NULL AS absent");
      if (rows[0].absent) await client.query(sqlFile('functions'));
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  }

  async call(statement, values) {
    const { rows } = await retrying(() => this.pool.query({ ...statement, values }));
    const [{ outcome, id, replayed }] = rows;
    if (outcome !== 'ACCEPTED') throw new Refusal(outcome);
    return { id, replayed };
  }

  createHold(request) {
    const { resource, dates, quantity, email, holder, token } = request;
    const id = idFor('hold', resource);
    const print = fingerprint(request);
    const values = [resource, dates, quantity, id, email, holder, token, print, TTL_MINUTES];
    return this.call(SQL.callCreate, values);
  }

  confirmHold({ holdId, holder, orderId, lineItemId }) {
    const resource = resourceOf(holdId);
    const id = idFor('alloc', resource);
    return this.call(SQL.callConfirm, [resource, holdId, holder, id, orderId, lineItemId]);
  }

  releaseHold({ holdId, holder }) {
    return this.call(SQL.callRelease, [resourceOf(holdId), holdId, holder]);
  }
}

const text = { type: 'string' };
const args = options({
  system: { ...text, default: 'transaction' },
  pool: { ...text, default: '20' },
});
const systems = { transaction: TransactionShop, function: FunctionShop };
const shop = new systems[args.system](args.uri, Number(args.pool));
await shop.start();
await measure(shop, args);
