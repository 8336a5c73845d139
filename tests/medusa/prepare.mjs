// node tests/medusa/prepare.mjs: the database that every test's own is a copy of. Prints its name.
// node tests/medusa/prepare.mjs --drop NAME
import { ADMIN, command, databaseUrl, psql } from './support.mjs';

const seed = './node_modules/medusa-plugin-holdfast/.medusa/server/src/scripts/seed.js';

function prepare(name) {
  const url = databaseUrl(name);
  psql(`CREATE DATABASE ${name}`);
  command(['db:migrate', '--execute-safe-links'], { url });
  // One after the other: whichever command is the first makes the shop's defaults.
  command(['user', '-e', ADMIN.email, '-p', ADMIN.password], { url });
  command(['exec', seed], { url });
  console.log(name);
}

if (process.argv[2] === '--drop') psql(`DROP DATABASE ${process.argv[3]} WITH (FORCE)`);
else prepare(`shop_template_${process.pid}`);
