// The statements of the shop on PostgreSQL, each prepared under its name on every connection.
import { readFileSync } from 'node:fs';

export const sqlFile = (name) =>
  readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), 'utf8');

const named = (name, text) => ({ name: `shop_${name}`, text });
const fromFile = (name) => named(name, sqlFile(name));

const placeholders = (count) => Array.from({ length: count }, (_, i) => `$${i + 1}`).join(', ');
const call = (name, count) =>
  named(`call_${name}`, `SELECT outcome, id, replayed FROM shop.${name}(${placeholders(count)})`);

export const SQL = {
  lockDays: fromFile('lock_days'),
  look: fromFile('look'),
  expireDue: fromFile('expire_due'),
  take: fromFile('take'),
  confirm: fromFile('confirm'),
  release: fromFile('release'),
  state: fromFile('state'),
  availability: fromFile('availability'),
  callCreate: call('create_hold', 9),
  callConfirm: call('confirm_hold', 6),
  callRelease: call('release_hold', 3),
};
