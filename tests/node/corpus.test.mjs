// The corpus of tests/corpus, told through Node; its README says how an answer is written.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  BookingFailed, BookingRejected, TestClock, backends, freshDatabase, open, root,
} from './support.mjs';

const folder = join(root, 'tests', 'corpus');
const scenarios = readdirSync(folder)
  .filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5)).sort();
const ID = /(res|cap|hold|alloc|blk|grp|tok)_[0-9A-Z]{26}(_[0-9A-Z]{26}|_[0-9]{8})?/g;
const LISTED_BY_ID = {
  search_availability: ['resources'], metrics: ['use'],
  list_resources: ['items'], list_holds: ['items'],
  list_allocations: ['items'], list_blackouts: ['items'],
  cancel_allocation: ['allocations'], create_blackout: ['holds', 'allocations'],
};
// Counters of how the work was done, which differ from host to host.
const UNTOLD = ['batches', 'commands', 'batch_size_max', 'storage_retries', 'lock_waits',
  'lock_timeouts', 'queue_depth'];

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  .replace('p95', '_p95').replace('__', '_');
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

const mapFields = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => change(name, value)));

// ---- a request ----------------------------------------------------------------------------------

function requestOf(fields) {
  return mapFields(fields, (name, value) => {
    if (name === 'ttl_ms') return ['ttl', value];
    if (name === 'items') return [name, value.map(requestOf)];
    return [camel(name), value ?? undefined];
  });
}

// ---- an answer ----------------------------------------------------------------------------------

/** As plain JSON with the names of the other languages; an empty text is none. */
function told(value) {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(told);
  if (value === '' || value === undefined) return null;
  if (typeof value !== 'object' || value === null) return value;
  return mapFields(value, (name, field) => {
    if (name === 'metadata') return [name, field];
    if (name === 'rejections' || name === 'failures') {
      return [name, Object.fromEntries(Object.entries(field).filter(([, count]) => count !== 0))];
    }
    return [snake(name), told(field)];
  });
}

function toldAnswer(operation, answer) {
  const fields = told(answer);
  if (operation === 'metrics') for (const name of UNTOLD) delete fields[name];
  return fields;
}

/** JSON with the names of every object ascending. */
function written(value) {
  return JSON.stringify(value, (_, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.keys(inner).sort().map((name) => [name, inner[name]])) : inner);
}

/** Ids by their kind and a number, in the order in which they turn up. */
class Names {
  #names = new Map();
  #kinds = new Map();

  rename(text) {
    return text.replace(ID, (id, kind) => {
      if (!this.#names.has(id)) {
        const number = (this.#kinds.get(kind) ?? 0) + 1;
        this.#kinds.set(kind, number);
        this.#names.set(id, `${kind}_${number}`);
      }
      return this.#names.get(id);
    });
  }

  /** Rows of one instant are listed by ids that come by chance. */
  settle(operation, answer) {
    const order = [...this.#names.keys()];
    const place = (row) => {
      const at = order.indexOf(row.id ?? row.resource_id);
      return at < 0 ? order.length : at;
    };
    const inside = answer.rejected ?? answer;
    for (const name of LISTED_BY_ID[operation] ?? []) {
      const rows = inside[name] ?? [];
      for (let begin = 0, end; begin < rows.length; begin = end) {
        end = begin + 1;
        while (end < rows.length && rows[end].created_at === rows[begin].created_at) end++;
        rows.splice(begin, end - begin,
          ...rows.slice(begin, end).sort((a, b) => place(a) - place(b)));
      }
    }
  }
}

// ---- a scenario ---------------------------------------------------------------------------------

function resolve(value, answers) {
  if (typeof value === 'string' && value.startsWith('$')) {
    const [at, ...path] = value.slice(1).split('.');
    return path.reduce((found, step) => found[step], answers.get(at));
  }
  if (Array.isArray(value)) return value.map((each) => resolve(each, answers));
  if (value === null || typeof value !== 'object') return value;
  return mapFields(value, (name, field) => [name, resolve(field, answers)]);
}

async function ask(booking, operation, fields) {
  try {
    return toldAnswer(operation, await booking[camel(operation)](requestOf(fields)));
  } catch (error) {
    if (error instanceof BookingRejected) {
      const { field, ...details } = told(error.details);
      return { rejected: { code: error.code, ...details, field: field && snake(field) } };
    }
    if (error instanceof BookingFailed) {
      return { failed: { code: error.code, retry: error.retry.toUpperCase().replace('-', '_') } };
    }
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    return { misuse: snake(/^\w+/.exec(error.message)[0]) };
  }
}

async function play(steps, booking, clock) {
  const answers = new Map();
  const names = new Names();
  const lines = [];
  for (const step of steps) {
    if (step.at !== undefined) {
      clock.set(new Date(step.at));
      lines.push(JSON.stringify({ at: step.at }));
      continue;
    }
    const answer = await ask(booking, step.ask, resolve(step.with ?? {}, answers));
    names.settle(step.ask, answer);
    lines.push(names.rename(written(answer)));
    if (step.as !== undefined) answers.set(step.as, answer);
  }
  return lines;
}

for (const backend of backends) {
  for (const scenario of scenarios) {
    test(`the corpus is answered as everywhere: ${scenario} on ${backend}`, async () => {
      const { steps } = JSON.parse(readFileSync(join(folder, `${scenario}.json`), 'utf8'));
      const { uri, drop } = freshDatabase(backend);
      const clock = new TestClock(new Date(steps[0].at));
      const booking = await open(uri, { clock });
      try {
        await booking.migrate();
        const lines = await play(steps, booking, clock);
        const expected = readFileSync(join(folder, `${scenario}.answers`), 'utf8').split('\n');
        assert.deepEqual([...lines, ''], expected);
      } finally {
        await booking.close();
        drop();
      }
    });
  }
}
