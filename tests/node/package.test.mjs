// What is shipped: the tarball, the types, the examples and the page that explains them.
//
// HOLDFAST_NODE_MODULES is where TypeScript is, HOLDFAST_WALKTHROUGH the C program to print like.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync,
  writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';

import { freshDatabase, onEach, packageFolder, root } from './support.mjs';

const modules = process.env.HOLDFAST_NODE_MODULES ?? join(root, 'build', 'node', 'node_modules');
const walkthrough = process.env.HOLDFAST_WALKTHROUGH ??
  join(root, 'build', 'gcc', 'examples', 'walkthrough_c');
const native = createRequire(import.meta.url)(join(packageFolder, 'lib', 'native.js'));

/** A folder that is gone after the test. */
function folder(t) {
  const made = mkdtempSync(join(tmpdir(), 'holdfast-node-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

/** An empty project with the package in it. */
function project(t) {
  const made = folder(t);
  mkdirSync(join(made, 'node_modules'));
  symlinkSync(packageFolder, join(made, 'node_modules', 'holdfast'));
  return made;
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 120_000, ...options });
  if (result.error) throw result.error;
  return result;
}

function done(result) {
  assert.equal(result.status, 0, `${result.stdout}${result.stderr}`);
  return result.stdout;
}

const node = (args, options) => run(process.execPath, args, options);

// ---- the tarball --------------------------------------------------------------------------------

/** A PATH with Node, npm and a shell, and no compiler. */
function bareBin(t) {
  const bin = folder(t);
  const npm = done(run('sh', ['-c', 'readlink -f "$(command -v npm)"'])).trim();
  symlinkSync(process.execPath, join(bin, 'node'));
  symlinkSync(npm, join(bin, 'npm'));
  for (const name of ['sh', 'env']) symlinkSync(`/bin/${name}`, join(bin, name));
  return bin;
}

/** The package's copy away from its sources, packed: { tarball, bin }. */
function pack(t) {
  const copy = folder(t);
  cpSync(packageFolder, copy, {
    recursive: true, filter: (from) => !/[\\/](node_modules|build)$/.test(from),
  });
  const bin = bareBin(t);
  done(run('npm', ['pack'], { cwd: copy, env: { ...process.env, PATH: bin } }));
  const { version } = JSON.parse(readFileSync(join(copy, 'package.json')));
  return { tarball: join(copy, `holdfast-${version}.tgz`), bin };
}

const install = (tarball, bin, cwd) => {
  writeFileSync(join(cwd, 'package.json'), '{ "name": "empty", "version": "1.0.0" }');
  return run('npm', ['install', '--offline', '--no-audit', tarball],
    { cwd, env: { ...process.env, PATH: bin } });
};

test('the tarball installs in an empty project without a compiler, and runs', (t) => {
  const { tarball, bin } = pack(t);
  const empty = folder(t);
  done(install(tarball, bin, empty));
  const program = `const made = open('memory:').then(async (booking) => {
    console.log((await booking.migrate()).schemaVersion >= 1);
    await booking.close(); });`;
  writeFileSync(join(empty, 'a.cjs'), `const { open } = require('holdfast'); ${program}`);
  writeFileSync(join(empty, 'a.mjs'), `import { open } from 'holdfast'; ${program} await made;`);
  writeFileSync(join(empty, 'both.mjs'), `import { createRequire } from 'node:module';
    import { BookingRejected } from 'holdfast';
    const required = createRequire(import.meta.url)('holdfast');
    console.log(required.BookingRejected === BookingRejected);`);
  for (const file of ['a.cjs', 'a.mjs', 'both.mjs']) {
    assert.equal(done(node([file], { cwd: empty })), 'true\n', file);
  }
});

test('a prebuilt addon that does not load, and nothing to build from: install says so', (t) => {
  const { tarball, bin } = pack(t);
  const copy = folder(t);
  done(run('tar', ['-xzf', tarball, '-C', copy]));
  const unpacked = join(copy, 'package');
  const addon = join(unpacked, 'prebuilds', `${process.platform}-${process.arch}`, 'holdfast.node');
  assert.ok(existsSync(addon));
  writeFileSync(addon, 'not an addon');
  const { status, stderr } = node(['install.js'], { cwd: unpacked, env: { PATH: bin } });
  assert.equal(status, 1);
  assert.match(stderr, /does not load on this machine.*README\.md/s);
});

test('the package has the version of the library', () => {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json')));
  assert.equal(version, native.version);
});

// ---- types --------------------------------------------------------------------------------------

/** Says in types that the addon's tables are what index.d.ts says. */
function tablesAsTypes() {
  const union = (names) => names.map((name) => `'${name}'`).join(' | ') || 'never';
  const fields = (list) => union(list.map(({ name }) => name));
  const requests = native.operations
    .filter(({ name }) => !['migrate', 'verify'].includes(name))
    .map(({ name, fields: own }) =>
      `same<Keys<NonNullable<Parameters<Booking['${name}']>[0]>>, ${fields(own)}>(true);`);
  return `
    import type * as h from 'holdfast';
    type Booking = h.Booking;
    type Keys<T> = T extends unknown ? keyof T : never;
    type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
    declare function same<A, B>(is: Same<A, B>): void;
    ${requests.join('\n    ')}
    same<keyof h.HoldItem, ${fields(native.itemFields)}>(true);
    same<keyof h.Options | 'uri', ${fields(native.optionFields)} | 'logger' | 'clock'>(true);
    same<h.RejectionCode, ${union(native.outcomes.slice(1))}>(true);
    same<h.FailureCode, ${union(native.statuses.slice(1))}>(true);
    same<h.HoldStatus, ${union(native.holdStatuses)}>(true);
    same<h.AllocationStatus, ${union(native.allocationStatuses)}>(true);
    same<h.Unavailable, ${union(native.unavailables.slice(1))}>(true);
    same<Exclude<keyof Booking, 'close' | symbol>,
      ${union(native.operations.map(({ name }) => name))}>(true);
  `;
}

test('tsc agrees: types that are used, types against the addon\'s tables, both examples', (t) => {
  const cwd = project(t);
  cpSync(join(root, 'tests', 'node', 'types.check.mts'), join(cwd, 'used.mts'));
  cpSync(join(root, 'examples', 'walkthrough.mjs'), join(cwd, 'walkthrough.mjs'));
  writeFileSync(join(cwd, 'tables.mts'), tablesAsTypes());
  writeFileSync(join(cwd, 'readme.mjs'), firstProgram());
  writeFileSync(join(cwd, 'required.cts'),
    'import { open } from "holdfast"; open("memory:").then((booking) => booking.createHold);');
  // The examples are JavaScript, without types of their own.
  done(node([join(modules, 'typescript', 'bin', 'tsc'), '--strict',
    '--noImplicitAny', 'false', '--useUnknownInCatchVariables', 'false',
    '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,esnext.disposable',
    '--types', 'node', '--typeRoots', join(modules, '@types'), '--allowJs', '--checkJs',
    '--outDir', 'out', 'used.mts', 'tables.mts', 'walkthrough.mjs', 'readme.mjs', 'required.cts'],
  { cwd }));
  assert.match(done(node([join('out', 'used.mjs')], { cwd })), /^as typed$/m, 'and it runs');
});

// ---- examples -----------------------------------------------------------------------------------

const withoutIds = (text) => text.replace(/\b(hold|alloc)_[0-9A-Z_]+/g, '$1_ID');

onEach(test, 'the walkthrough prints what the one in C prints', (t, on) => {
  const cwd = project(t);
  cpSync(join(root, 'examples', 'walkthrough.mjs'), join(cwd, 'walkthrough.mjs'));
  const database = freshDatabase(on);
  t.after(() => database.drop());
  const ours = done(node(['walkthrough.mjs', database.uri], { cwd }));
  const inC = done(run(walkthrough, [database.uri], { cwd: dirname(walkthrough) }));
  assert.equal(withoutIds(ours), withoutIds(inC));
});

test('without a database the walkthrough ends with 1', (t) => {
  const cwd = project(t);
  cpSync(join(root, 'examples', 'walkthrough.mjs'), join(cwd, 'walkthrough.mjs'));
  assert.equal(node(['walkthrough.mjs', 'nowhere:'], { cwd }).status, 1);
});

/** The first block of JavaScript in the README. */
function firstProgram() {
  const readme = readFileSync(join(packageFolder, 'README.md'), 'utf8');
  return /```js\n(.*?)```/s.exec(readme)[1];
}

test('the first lines of the README work when pasted', (t) => {
  const cwd = project(t);
  writeFileSync(join(cwd, 'readme.mjs'), firstProgram());
  const out = done(node(['readme.mjs'], { cwd }));
  assert.match(out, /^hold_\S+ until /m);
  assert.match(out, /^INSUFFICIENT_CAPACITY 2099-07-01: 0 left$/m);
});
