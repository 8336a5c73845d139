// node tests/medusa/coverage.mjs: the lines of the plugin's TypeScript that ran, from what the
// servers left in NODE_V8_COVERAGE; fails below what is promised.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, shopFolder } from './support.mjs';

const AT_LEAST = [
  ['all', /./, 85],
  ['services', /src\/(modules|checkout)\//, 90],
  ['routes', /src\/api\//, 80],
  [
    'holds and capacity',
    /src\/api\/(store|admin)\/resource-booking\/(holds|hold-groups|capacity)\//,
    100,
  ],
];

const raw = process.env.NODE_V8_COVERAGE;
const plugin = join(shopFolder, 'node_modules', 'medusa-plugin-holdfast');

/** Of the thousands of files that a Medusa loads, the plugin's. */
function keepOwn(file) {
  const found = JSON.parse(readFileSync(file, 'utf8'));
  const isOwn = (url) => url.includes('/medusa-plugin-holdfast/.medusa/server/src/');
  found.result = found.result.filter(({ url }) => isOwn(url));
  found['source-map-cache'] = Object.fromEntries(
    Object.entries(found['source-map-cache'] ?? {}).filter(([url]) => isOwn(url)),
  );
  writeFileSync(file, JSON.stringify(found));
}

function report() {
  const out = join(raw, 'report');
  // The maps say where the sources stood, and the tarball has none.
  cpSync(join(root, 'bindings', 'medusa', 'src'), join(plugin, 'src'), { recursive: true });
  const c8 = join(shopFolder, 'node_modules', '.bin', 'c8');
  const done = spawnSync(
    c8,
    [
      'report',
      '--temp-directory',
      raw,
      '--reports-dir',
      out,
      '--reporter',
      'json-summary',
      '--reporter',
      'text',
      '--exclude-node-modules=false',
      '--allowExternal',
      '--exclude',
      '**/admin/*.tsx',
      '--exclude-after-remap',
    ],
    { cwd: shopFolder, encoding: 'utf8', env: { ...process.env, NODE_V8_COVERAGE: '' } },
  );
  rmSync(join(plugin, 'src'), { recursive: true });
  assert.equal(done.status, 0, done.stderr);
  writeFileSync(join(out, 'text'), done.stdout);
  return JSON.parse(readFileSync(join(out, 'coverage-summary.json'), 'utf8'));
}

for (const name of readdirSync(raw)) if (name.endsWith('.json')) keepOwn(join(raw, name));
const files = Object.entries(report()).filter(([file]) => file.endsWith('.ts'));
let enough = files.length > 50;
for (const [name, pattern, least] of AT_LEAST) {
  const own = files.filter(([file]) => pattern.test(file)).map(([, { lines }]) => lines);
  const total = own.reduce((sum, lines) => sum + lines.total, 0);
  const covered = own.reduce((sum, lines) => sum + lines.covered, 0);
  const percent = (100 * covered) / total;
  console.log(
    `coverage of ${name}: ${percent.toFixed(1)}% of ${total} lines in ${own.length} files`,
  );
  if (!(percent >= least)) enough = false;
}
if (!enough) {
  console.log(`too little, or too few files: see ${join(raw, 'report', 'text')}`);
  process.exitCode = 1;
}
