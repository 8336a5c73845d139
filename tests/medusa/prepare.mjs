// node tests/medusa/prepare.mjs: the database that every test's own is a copy of. Prints its name.
// node tests/medusa/prepare.mjs --drop NAME
import assert from 'node:assert/strict';
import { ADMIN, command, commandAsync, databaseUrl, psql } from './support.mjs';

const seed = './node_modules/medusa-plugin-holdfast/.medusa/server/src/scripts/seed.js';

async function prepare(name) {
  const url = databaseUrl(name);
  psql(`CREATE DATABASE ${name}`);
  command(['db:migrate', '--execute-safe-links'], { url });
  const done = await Promise.all([
    commandAsync(['user', '-e', ADMIN.email, '-p', ADMIN.password], { url }),
    commandAsync(['exec', seed], { url }),
  ]);
  for (const { status, said } of done) assert.equal(status, 0, said);
  console.log(name);
}

if (process.argv[2] === '--drop') psql(`DROP DATABASE ${process.argv[3]} WITH (FORCE)`);
else await prepare(`shop_template_${process.pid}`);
