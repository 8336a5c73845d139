// better-sqlite3: one connection, one IMMEDIATE transaction per hold, synchronous=FULL. The driver
// is synchronous, so the callers take turns, one transaction each.
import Database from 'better-sqlite3';
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

const TTL_US = TTL_MINUTES * 60_000_000;
const DUE_MAX = 100;
const BUSY_MS = 5000;

const STATEMENTS = {
  replay: `SELECT id, fingerprint FROM resource_holds
    WHERE resource_id = ? AND idempotency_token = ? ORDER BY item_no LIMIT 1`,
  resource: 'SELECT timezone, is_active, deleted_at FROM resources WHERE id = ?',
  due: `SELECT id, dates, quantity FROM resource_holds
    INDEXED BY resource_holds_by_expiry WHERE resource_id = ? AND status = 'ACTIVE'
    AND is_overdue = 0 AND expires_at <= ? ORDER BY expires_at LIMIT ${DUE_MAX}`,
  allDue: `SELECT dates, quantity FROM resource_holds
    INDEXED BY resource_holds_by_expiry WHERE resource_id = ? AND status = 'ACTIVE'
    AND is_overdue = 0 AND expires_at <= ?`,
  days: `SELECT date, max_capacity, available_capacity FROM resource_capacity
    WHERE resource_id = ? AND date BETWEEN ? AND ? ORDER BY date`,
  blackouts: `SELECT start_date, end_date FROM resource_blackouts
    WHERE resource_id = ? AND deleted_at IS NULL AND end_date >= ? AND start_date <= ?`,
  take: `UPDATE resource_capacity SET available_capacity = available_capacity - ?
    WHERE resource_id = ? AND date = ? AND available_capacity >= ?`,
  give: `UPDATE resource_capacity SET available_capacity = available_capacity + ?
    WHERE resource_id = ? AND date = ?`,
  insertHold: `INSERT INTO resource_holds (resource_id, id, dates, quantity, customer_email, holder,
      idempotency_token, item_no, fingerprint, status, expires_at, group_id, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 'ACTIVE', ?, '', ?, ?)`,
  hold: `SELECT dates, quantity, status, expires_at FROM resource_holds
    WHERE resource_id = ? AND substr(id, -26) = substr(?, -26) AND holder = ?`,
  setStatus: `UPDATE resource_holds SET status = ?, updated_at = ?
    WHERE resource_id = ? AND substr(id, -26) = substr(?, -26) AND status = 'ACTIVE'`,
  allocation: `SELECT id, order_id, line_item_id FROM resource_allocations
    WHERE resource_id = ? AND substr(hold_id, -26) = substr(?, -26)`,
  insertAllocation: `INSERT INTO resource_allocations (resource_id, id, hold_id, order_id,
      line_item_id, dates, quantity, status, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'CONFIRMED', ?)`,
};

const microseconds = () => Date.now() * 1000;

// To make a formatter costs more than a hold.
const formatters = new Map();
function todayIn(timeZone, now) {
  let format = formatters.get(timeZone);
  if (format === undefined) {
    const parts = { year: 'numeric', month: '2-digit', day: '2-digit' };
    format = new Intl.DateTimeFormat('en-CA', { timeZone, ...parts });
    formatters.set(timeZone, format);
  }
  return format.format(now / 1000);
}

/** `sqlite:PATH?journal=wal`, as Holdfast takes it. */
function open(uri, journal) {
  const [, path, named] = /^sqlite:([^?]+)(?:\?journal=(wal|persist))?$/.exec(uri) ?? [];
  if (path === undefined) throw new Error(`not an address of SQLite: ${uri}`);
  const db = new Database(path, { fileMustExist: true, timeout: BUSY_MS });
  const wanted = journal ?? named ?? 'wal';
  const found = db.pragma(`journal_mode = ${wanted}`, { simple: true });
  if (found !== wanted) throw new Error(`journal_mode is ${found}, not ${wanted}`);
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('temp_store = MEMORY');
  db.pragma('cache_size = -65536');
  return db;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

class Shop {
  constructor(db) {
    this.db = db;
    this.sql = Object.fromEntries(
      Object.entries(STATEMENTS).map(([name, text]) => [name, db.prepare(text)]));
    this.inTransaction = db.transaction((decide, ...values) => decide.apply(this, values));
  }

  /** A refusal is a value here: what the transaction recorded before it stays. */
  async write(decide, ...values) {
    await turn();
    const { refused, ...answer } = this.inTransaction.immediate(decide, ...values);
    if (refused !== undefined) throw new Refusal(refused);
    return answer;
  }

  createHold(request) {
    return this.write(this.decideHold, request, fingerprint(request));
  }

  confirmHold(request) {
    return this.write(this.decideConfirm, request);
  }

  releaseHold(request) {
    return this.write(this.decideRelease, request);
  }

  decideHold(request, print) {
    const { resource, dates, quantity, email, holder, token } = request;
    const seen = this.sql.replay.get(resource, token);
    if (seen !== undefined) {
      if (seen.fingerprint !== print) return { refused: 'IDEMPOTENCY_MISMATCH' };
      return { id: seen.id, replayed: true };
    }
    const now = microseconds();
    let refused;
    // Again while places are short: more holds may be due than one round records.
    for (let more = true; more; ) {
      more = this.expireDue(resource, now) === DUE_MAX;
      refused = this.refusalOf(request, now);
      more &&= refused === 'INSUFFICIENT_CAPACITY';
    }
    if (refused !== undefined) return { refused };

    for (const date of dates) {
      if (this.sql.take.run(quantity, resource, date, quantity).changes !== 1) {
        throw new Error('a day lost its places inside the transaction');
      }
    }
    const id = idFor('hold', resource);
    const days = dates.join(',');
    const expiresAt = now + TTL_US;
    this.sql.insertHold.run(
      resource, id, days, quantity, email, holder, token, print, expiresAt, now, now);
    return { id, replayed: false };
  }

  expireDue(resource, now) {
    const due = this.sql.due.all(resource, now);
    for (const { id, dates, quantity } of due) {
      this.sql.setStatus.run('EXPIRED', now, resource, id);
      for (const date of dates.split(',')) this.sql.give.run(quantity, resource, date);
    }
    return due.length;
  }

  refusalOf({ resource, dates, quantity }, now) {
    const found = this.sql.resource.get(resource);
    if (found === undefined || found.deleted_at !== null) return 'RESOURCE_NOT_FOUND';
    if (!found.is_active) return 'RESOURCE_INACTIVE';
    const first = dates[0];
    const last = dates[dates.length - 1];
    if (first < todayIn(found.timezone, now)) return 'DATE_IN_PAST';
    let isShort = false;
    let at = 0;
    for (const day of this.sql.days.all(resource, first, last)) {
      if (day.date !== dates[at]) continue;
      if (day.max_capacity === 0) return 'NO_CAPACITY_SET';
      isShort ||= day.available_capacity < quantity;
      at++;
    }
    if (at < dates.length) return 'NO_CAPACITY_SET';
    for (const closed of this.sql.blackouts.all(resource, first, last)) {
      const isInside = (date) => closed.start_date <= date && date <= closed.end_date;
      if (dates.some(isInside)) return 'BLACKOUT';
    }
    return isShort ? 'INSUFFICIENT_CAPACITY' : undefined;
  }

  /** The hold when it may still be ended, else why not. */
  activeHold(resource, id, holder, now) {
    const hold = this.sql.hold.get(resource, id, holder);
    if (hold === undefined) return { refused: 'HOLD_NOT_FOUND' };
    if (hold.status === 'CONFIRMED') return { hold, refused: 'ALREADY_CONFIRMED' };
    if (hold.status === 'RELEASED') return { hold, refused: 'HOLD_RELEASED' };
    const isDue = hold.status === 'EXPIRED' || hold.expires_at <= now;
    return isDue ? { hold, refused: 'HOLD_EXPIRED' } : { hold };
  }

  decideConfirm({ holdId, holder, orderId, lineItemId }) {
    const resource = resourceOf(holdId);
    const now = microseconds();
    const { hold, refused } = this.activeHold(resource, holdId, holder, now);
    if (refused === 'ALREADY_CONFIRMED') {
      const known = this.sql.allocation.get(resource, holdId);
      const isSame = known?.order_id === orderId && known.line_item_id === lineItemId;
      return isSame ? { id: known.id, replayed: true } : { refused };
    }
    if (refused !== undefined) return { refused };
    const id = idFor('alloc', resource);
    this.sql.setStatus.run('CONFIRMED', now, resource, holdId);
    const { dates, quantity } = hold;
    this.sql.insertAllocation.run(
      resource, id, holdId, orderId, lineItemId, dates, quantity, now);
    return { id, replayed: false };
  }

  decideRelease({ holdId, holder }) {
    const resource = resourceOf(holdId);
    const now = microseconds();
    const { hold, refused } = this.activeHold(resource, holdId, holder, now);
    if (refused === 'HOLD_RELEASED') return { id: holdId, replayed: true };
    if (refused !== undefined) return { refused };
    this.sql.setStatus.run('RELEASED', now, resource, holdId);
    for (const date of hold.dates.split(',')) this.sql.give.run(hold.quantity, resource, date);
    return { id: holdId, replayed: false };
  }

  async checkAvailability(range) {
    await turn();
    return this.inTransaction.deferred(this.availability, range);
  }

  async searchAvailability(ranges) {
    await turn();
    return this.inTransaction.deferred(() => ranges.map((range) => this.availability(range)));
  }

  availability({ resource, startDate, endDate, quantity }) {
    const found = this.sql.resource.get(resource);
    if (found === undefined || found.deleted_at !== null) throw new Refusal('RESOURCE_NOT_FOUND');
    const now = microseconds();
    const today = todayIn(found.timezone, now);
    const known = this.sql.days.all(resource, startDate, endDate);
    const blackouts = this.sql.blackouts.all(resource, startDate, endDate);
    const freed = new Map();
    for (const due of this.sql.allDue.all(resource, now)) {
      for (const date of due.dates.split(',')) {
        freed.set(date, (freed.get(date) ?? 0) + due.quantity);
      }
    }
    const days = [];
    let at = 0;
    for (let date = startDate; date <= endDate; date = nextDay(date)) {
      const row = known[at]?.date === date ? known[at++] : undefined;
      const max = row?.max_capacity ?? 0;
      const available = (row?.available_capacity ?? 0) + (freed.get(date) ?? 0);
      let reason = '';
      if (!found.is_active) reason = 'INACTIVE';
      else if (date < today) reason = 'PAST';
      else if (max === 0) reason = 'NO_CAPACITY_SET';
      else if (blackouts.some((b) => b.start_date <= date && date <= b.end_date)) {
        reason = 'BLACKOUT';
      } else if (available < quantity) reason = 'SOLD_OUT';
      days.push({ date, max, available, isAvailable: reason === '', reason });
    }
    return { resource, days };
  }

  async versions() {
    const { library } = this.db.prepare('SELECT sqlite_version() AS library').get();
    this.db.close();
    return { 'better-sqlite3': driverVersion('better-sqlite3'), sqlite: library };
  }
}

const args = options({ journal: { type: 'string' } });
await measure(new Shop(open(args.uri, args.journal)), args);
