// TLS from Node, which has an OpenSSL of its own inside: whom it opens, whom it refuses, and which
// OpenSSL libpq works with. HOLDFAST_TLS_SERVER is the program that plays the server.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';

import { entry, failed, open } from './support.mjs';

const program = process.env.HOLDFAST_TLS_SERVER;

/** The server that HOLDFAST_TLS_SERVER plays: where it is, and present(certificate). */
async function startServer(t) {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => new Promise((done) => child.on('exit', done).stdin.end()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const facts = JSON.parse((await lines.next()).value);
  return {
    ...facts,
    async present(certificate) {
      child.stdin.write(`${certificate}\n`);
      assert.equal((await lines.next()).value, 'ok');
    },
  };
}

test('verify-full opens the right server and no other', { skip: !program }, async (t) => {
  const server = await startServer(t);
  const address = (over = {}) => {
    const options = {
      host: server.host, hostaddr: '127.0.0.1', port: server.port, user: 'shop', dbname: 'shop',
      password: server.password, sslmode: 'verify-full', sslrootcert: `${server.folder}/ca.crt`,
      ...over,
    };
    return `postgres:${Object.entries(options).map(([k, v]) => `${k}='${v}'`).join(' ')}`;
  };
  const refused = async (uri, why) => {
    const error = await failed(open(uri), 'CONFIGURATION', 'never');
    assert.match(error.message, why);
    assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes('s3cret'), error.stack);
  };

  const lines = [];
  const log = (line) => lines.push(line);
  const logger = { debug: log, info: log, warn: log, error: log };
  const booking = await open(address(), { logger });
  await booking.migrate();
  const { resource } = await booking.createResource({ type: 'TOUR', name: 'Outer reef' });
  assert.equal((await booking.retrieveResource({ resourceId: resource.id })).resource.name,
    'Outer reef');
  await booking.close();
  assert.match(lines.join('\n'), /, TLS: TLSv1\.3/);
  assert.ok(!lines.join('\n').includes('s3cret'));

  await refused(address({ sslrootcert: `${server.folder}/stranger.crt` }),
    /certificate verify failed/);
  await refused(address({ host: 'other.holdfast.test' }), /does not match host name/);
  await server.present('expired');
  await refused(address(), /certificate verify failed/);
  await server.present('none');
  await refused(address(), /does not support SSL/);
});

test('libpq works with one OpenSSL, whole', () => {
  // glibc's loader says in a file for each process which symbol it has found where.
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bindings-'));
  try {
    const { status, stderr } = spawnSync(process.execPath,
      ['--input-type=module', '-e', `await import(${JSON.stringify(entry)})`],
      {
        encoding: 'utf8',
        env: {
          ...process.env,
          LD_DEBUG: 'bindings',
          LD_BIND_NOW: '1',
          LD_DEBUG_OUTPUT: join(folder, 'b'),
        },
      });
    assert.equal(status, 0, stderr);
    const found = new Map();
    const binding =
      /binding file \S*\/libpq\.so\S* \[0\] to (\S+) \[0\]: .* symbol `(\w+)' \[OPENSSL/;
    for (const file of readdirSync(folder)) {
      for (const line of readFileSync(join(folder, file), 'latin1').split('\n')) {
        const [, where, symbol] = binding.exec(line) ?? [];
        if (where) found.set(where, [...(found.get(where) ?? []), symbol]);
      }
    }
    const summary = [...found].map(([where, symbols]) => `${where}: ${symbols.length}`).join(', ');
    console.log(`libpq's OpenSSL symbols are bound to ${summary}`);
    assert.equal([...found.values()].flat().includes('SSL_connect'), true, 'libpq was not seen');
    const copies = new Set([...found.keys()].map((where) =>
      (/\/lib(ssl|crypto)\.so/.test(where) ? 'the system\'s' : where)));
    assert.equal(copies.size, 1, summary);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
