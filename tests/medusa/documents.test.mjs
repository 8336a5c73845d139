// The commands in the plugin's documents run, in their order, and their answers look as printed.
//
// In a document a block of `sh` is run; the block of `json` after it shows what the last command
// answers (keys and types are compared, of lists the first), one of `text` the very text.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ADMIN, root, Shop } from './support.mjs';

const folder = join(root, 'bindings', 'medusa');
const documents = readdirSync(folder).filter((name) => name.endsWith('.md'));
const read = (name) => readFileSync(join(folder, name), 'utf8');

let shop;
let variables;
let workFolder;
before(async () => {
  workFolder = mkdtempSync(join(tmpdir(), 'holdfast-documents-'));
  shop = await Shop.open();
  const { resource } = await shop.admin.ok('POST', '/admin/resource-booking/resources', {
    type: 'TOUR',
    name: 'Documented',
    metadata: {},
  });
  const { resource: guide } = await shop.admin.ok('POST', '/admin/resource-booking/resources', {
    type: 'GUIDE',
    name: 'Documented guide',
  });
  for (const { id } of [resource, guide]) {
    await shop.admin.ok('POST', '/admin/resource-booking/capacity/initialize', {
      resource_id: id,
      start_date: '2099-07-01',
      end_date: '2099-07-31',
      daily_capacity: 12,
    });
  }
  const product = await shop.product();
  const cart = await shop.cart();
  variables = {
    SHOP: shop.server.base,
    KEY: shop.key,
    EMAIL: ADMIN.email,
    PASSWORD: ADMIN.password,
    TOKEN: shop.admin.headers.authorization.replace('Bearer ', ''),
    RESOURCE: resource.id,
    GUIDE: guide.id,
    PRODUCT: product.id,
    VARIANT: product.variants[0].id,
    CART: cart.id,
  };
});
after(async () => {
  await shop?.close();
  rmSync(workFolder, { recursive: true });
});

/** [{ language, text }] of a document's fenced blocks. */
const blocks = (name) =>
  [...read(name).matchAll(/^( *)```(\w+)\n([\s\S]*?)^\1```$/gm)].map(([, , language, text]) => ({
    language,
    text,
  }));

/** `{"a":[{"b":1}]}` as `{"a":[{"b":"number"}]}`; what is null may be anything. */
function shapeOf(value) {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, shapeOf(value[key])]),
  );
}

const MARK = '--- end of block ---';

/** What each `sh` block said; one shell runs them all, so that variables stay. */
function run(scripts) {
  const script = scripts.map((text) => `${text}\necho; echo '${MARK}'`).join('\n');
  const done = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
    encoding: 'utf8',
    cwd: workFolder,
    env: { ...process.env, ...variables },
  });
  assert.equal(done.status, 0, `${done.stdout}\n${done.stderr}`);
  return done.stdout
    .split(MARK)
    .slice(0, -1)
    .map((said) => said.trim());
}

describe('the documents', () => {
  for (const name of documents.filter((document) => read(document).includes('curl'))) {
    test(`${name}: its commands run and answer as printed`, () => {
      // The first block of the README is for the reader to fill in.
      const all = blocks(name).filter(({ text }) => !text.startsWith('SHOP='));
      const scripts = all.filter(({ language }) => language === 'sh');
      assert.ok(scripts.some(({ text }) => text.includes('$SHOP')));
      const said = run(scripts.map(({ text }) => text));
      all.forEach(({ language, text }, at) => {
        const before = all[at - 1];
        if (before?.language !== 'sh') return;
        const answer = said[scripts.indexOf(before)];
        if (language === 'text') assert.equal(answer, text.trim());
        if (language === 'json') {
          const last = answer.split('\n').at(-1);
          assert.deepEqual(shapeOf(JSON.parse(last)), shapeOf(JSON.parse(text)), before.text);
        }
      });
    });
  }

  test('link to what is there', () => {
    for (const name of documents) {
      for (const [, target] of read(name).matchAll(/\]\((?!https?:)([^)#]+)?(?:#[^)]*)?\)/g)) {
        if (target)
          assert.ok(existsSync(resolve(dirname(join(folder, name)), target)), `${name}: ${target}`);
      }
    }
  });

  test('name every option and every route', () => {
    const options = readFileSync(join(folder, 'src/modules/resource-booking/options.ts'), 'utf8');
    for (const [, option] of options.matchAll(/^ {2,6}(\w+): z\./gm)) {
      if (option !== 'limits') assert.ok(read('README.md').includes(option), option);
    }
    const described = readFileSync(join(folder, 'openapi.yaml'), 'utf8');
    for (const [, path] of described.matchAll(/^ {2}(\/(?:store|admin)\/\S+):$/gm)) {
      const named = path.replaceAll(/\{(\w+)\}/g, ':$1');
      const tail = `...${named.slice(named.lastIndexOf('/'))}`;
      const reference = read('API_REFERENCE.md');
      assert.ok(reference.includes(named) || reference.includes(tail), named);
    }
  });
});
