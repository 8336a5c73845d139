// What every runner shares: arguments, ids, the closed loop of callers, the line of the result.
import { createHash, randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const DAY_MS = 86_400_000;
const READ_DAYS = 30;

export const TTL_MINUTES = 30;
export const EMAIL = 'guest@example.com';

/** An outcome that ends the request without a hold; never a fault. */
export class Refusal extends Error {
  // No stack: a refusal is an answer, and a stack costs more than the whole check.
  constructor(outcome) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(outcome);
    Error.stackTraceLimit = limit;
    this.outcome = outcome;
  }
}

// Random bytes are fetched in bulk: a system call for each id would be a straw man.
const pool = Buffer.alloc(8192);
let used = pool.length;
function randomBytes(size) {
  if (used + size > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += size;
  return pool.subarray(used - size, used);
}

/** 48 bits of milliseconds and 80 random bits in Crockford's base 32. */
export function ulid() {
  let text = '';
  let time = Date.now();
  for (let i = 0; i < 10; i++) {
    text = ALPHABET[time % 32] + text;
    time = Math.floor(time / 32);
  }
  let bits = 0;
  let have = 0;
  for (const byte of randomBytes(10)) {
    bits = ((bits << 8) | byte) & 0xfff;
    have += 8;
    while (have >= 5) {
      have -= 5;
      text += ALPHABET[(bits >> have) & 31];
    }
  }
  return text;
}

/** The id of something that belongs to a resource; it names the resource. */
export const idFor = (prefix, resource) => `${prefix}_${resource.slice(4)}_${ulid()}`;
export const resourceOf = (id) => `res_${id.slice(id.indexOf('_') + 1, -27)}`;

export function fingerprint(request) {
  const { resource, dates, quantity, holder } = request;
  const text = JSON.stringify([resource, dates, quantity, holder]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

const following = new Map();
export function nextDay(day) {
  let next = following.get(day);
  if (next === undefined) {
    next = new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
    following.set(day, next);
  }
  return next;
}

const require = createRequire(import.meta.url);
export const driverVersion = (name) => require(`${name}/package.json`).version;

export function options(extra = {}) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: {
      uri: text,
      shop: text,
      workload: text,
      callers: { ...text, default: '100' },
      seconds: { ...text, default: '5' },
      warmup: { ...text, default: '1' },
      seed: { ...text, default: '1' },
      ...extra,
    },
  });
  for (const name of ['uri', 'shop', 'workload']) {
    if (values[name] === undefined) throw new Error(`--${name} is missing`);
  }
  for (const name of ['callers', 'seconds', 'warmup', 'seed']) values[name] = Number(values[name]);
  return { ...values, shop: JSON.parse(readFileSync(values.shop, 'utf8')) };
}

// xorshift32: repeatable, and cheap beside what it chooses.
function generator(seed) {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const randomToken = () => `tok_${randomBytes(12).toString('hex')}`;

/** The calendar of the shop, and one caller's random choices. */
class Picks {
  constructor(shop, seed) {
    this.shop = shop;
    this.random = generator(seed);
    const first = Date.parse(`${shop.first_day}T00:00:00Z`);
    this.days = Array.from({ length: Math.max(shop.days, READ_DAYS) }, (_, i) =>
      new Date(first + i * DAY_MS).toISOString().slice(0, 10));
  }

  hold(resource, start, length) {
    return {
      resource,
      dates: this.days.slice(start, start + length),
      quantity: 1,
      email: EMAIL,
      holder: '',
      token: randomToken(),
    };
  }

  resource() {
    return this.shop.resources[this.random(this.shop.resources.length)];
  }

  spread() {
    const { days, stay } = this.shop;
    return this.hold(this.resource(), this.random(days - stay + 1), stay);
  }

  hot() {
    return this.hold(this.shop.resources[0], 0, 1);
  }

  order() {
    return { orderId: `ord_${randomBytes(12).toString('hex')}`, lineItemId: 'line_1' };
  }

  range(resource, start) {
    const last = Math.min(start + READ_DAYS, this.days.length) - 1;
    return { resource, startDate: this.days[start], endDate: this.days[last], quantity: 1 };
  }

  someRange() {
    const starts = Math.max(this.shop.days - READ_DAYS, 0) + 1;
    return this.range(this.resource(), this.random(starts));
  }

  everyRange() {
    return this.shop.resources.map((resource) => this.range(resource, 0));
  }
}

/** One iteration of each workload, on a shop that has these operations. */
const WORKLOADS = {
  spread: (shop, picks) => shop.createHold(picks.spread()),
  hot: (shop, picks) => shop.createHold(picks.hot()),
  confirm: async (shop, picks) => {
    const hold = await shop.createHold(picks.spread());
    await shop.confirmHold({ holdId: hold.id, holder: '', ...picks.order() });
  },
  release: async (shop, picks) => {
    const hold = await shop.createHold(picks.spread());
    await shop.releaseHold({ holdId: hold.id, holder: '' });
  },
  check: (shop, picks) => shop.checkAvailability(picks.someRange()),
  search: (shop, picks) => shop.searchAvailability(picks.everyRange()),
};

/** Counts what finishes between warm-up and end; both are moments at which something finished. */
class Meter {
  constructor(seconds, warmup) {
    this.seconds = seconds;
    this.opensAt = performance.now() + warmup * 1000;
    this.closesAt = Infinity;
    this.samples = [];
    Object.assign(this, { done: 0, refused: 0, failed: 0, totalDone: 0, closed: false });
  }

  finish(kind, since) {
    const now = performance.now();
    if (kind === 'done') this.totalDone++;
    if (kind === 'failed') this.failed++;
    if (this.closed) return;
    if (this.closesAt === Infinity) {
      if (now >= this.opensAt) this.open(now);
      return;
    }
    if (kind !== 'failed') {
      this[kind]++;
      this.samples.push(now - since);
    }
    if (now >= this.closesAt) this.close(now);
  }

  open(now) {
    this.cpu = process.cpuUsage();
    this.openedAt = now;
    this.closesAt = now + this.seconds * 1000;
  }

  close(now) {
    this.closed = true;
    const { user, system } = process.cpuUsage(this.cpu);
    this.cpuSeconds = (user + system) / 1e6;
    this.wall = (now - this.openedAt) / 1000;
  }

  result(versions) {
    const sorted = Float64Array.from(this.samples).sort();
    const at = (share) =>
      sorted.length === 0
        ? null
        : Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] * 1000);
    return {
      done: this.done,
      refused: this.refused,
      failed: this.failed,
      seconds: this.wall,
      p50_us: at(0.5),
      p95_us: at(0.95),
      p99_us: at(0.99),
      max_us: at(1),
      cpu_s: this.cpuSeconds,
      total_done: this.totalDone,
      maxrss_kib: process.resourceUsage().maxRSS,
      batch_mean: null,
      versions: { node: process.versions.node, ...versions },
    };
  }
}

async function caller(iterate, shop, picks, meter) {
  while (!meter.closed) {
    const since = performance.now();
    let kind = 'done';
    try {
      await iterate(shop, picks);
    } catch (error) {
      kind = error instanceof Refusal ? 'refused' : 'failed';
      if (kind === 'failed') {
        if (meter.failed === 0) console.error(error);
        if (meter.failed > 1000) throw error;
      }
    }
    meter.finish(kind, since);
  }
}

/** Runs the callers to the end and prints the one line. */
export async function measure(shop, args) {
  const iterate = WORKLOADS[args.workload];
  if (iterate === undefined) throw new Error(`unknown workload: ${args.workload}`);
  const meter = new Meter(args.seconds, args.warmup);
  const callers = Array.from({ length: args.callers }, (_, i) =>
    caller(iterate, shop, new Picks(args.shop, args.seed * 65_537 + i + 1), meter));
  await Promise.all(callers);
  console.log(JSON.stringify(meter.result(await shop.versions())));
}
