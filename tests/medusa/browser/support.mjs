// Chromium on a real shop: pages that are looked at, pictures of them, and what axe finds wrong.
import assert from 'node:assert/strict';
import { readFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { extname, join, resolve } from 'node:path';
import { root, Shop, shopFolder } from '../support.mjs';

const tools = createRequire(join(root, 'build/medusa/browser/package.json'));
const { chromium } = tools('playwright-core');
const axe = readFileSync(tools.resolve('axe-core/axe.min.js'), 'utf8');
const pictures = resolve(shopFolder, '..', 'screens');

export async function openBrowser() {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  });
}

const isHere = (url) => !url.startsWith('http') || new URL(url).hostname === '127.0.0.1';

/** Somebody with a browser of their own. What their pages do wrong is in `faults`. */
export async function person(browser, { width = 1440, height = 1000, colorScheme } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    locale: 'en-AU',
    timezoneId: 'Australia/Brisbane',
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    if (!isHere(request.url())) faults.push(`asks ${request.url()}`);
  });
  return { page, faults, close: () => context.close() };
}

async function picture(page, name) {
  mkdirSync(pictures, { recursive: true });
  const path = join(pictures, `${name}.png`);
  await page.screenshot({ path, fullPage: true, animations: 'disabled' });
}

const SERIOUS = ['serious', 'critical'];

/** Nothing that keeps people out of `parts`. */
async function accessible(page, parts) {
  // Half-faded text has not the contrast that it will have.
  await page.evaluate(() => {
    for (const animation of document.getAnimations())
      if (animation.effect.getTiming().iterations !== Infinity) animation.finish();
  });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    (include) => globalThis.axe.run({ include }, { resultTypes: ['violations'] }),
    parts,
  );
  const found = violations
    .filter(({ impact }) => SERIOUS.includes(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join('\n  ')}`);
  assert.deepEqual(found, []);
}

/**
 * How the page is now, in build/medusa/VERSION/screens/NAME.png; and axe finds no serious fault in
 * `parts` of it, which are selectors.
 */
export async function look(page, name, parts = ['main']) {
  await picture(page, name);
  await accessible(page, parts);
}

/** No part of the page is beside it. */
export async function fits(page) {
  const [wanted, there] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(wanted <= there, `${wanted} wide on ${there}`);
}

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** examples/storefront on an origin of its own, told where the shop is. */
async function serveStorefront() {
  const settings = { shop: '', key: '' };
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://storefront').pathname;
    const name = path === '/' ? '/index.html' : path;
    let content;
    if (name === '/config.js') {
      content = `export const shop = '${settings.shop}';\nexport const key = '${settings.key}';\n`;
    } else {
      try {
        content = readFileSync(join(root, 'examples/storefront', name));
      } catch {
        response.writeHead(404).end();
        return;
      }
    }
    response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'text/plain' }).end(content);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { settings, origin: `http://127.0.0.1:${server.address().port}`, server };
}

/** A shop whose admin is on, and a storefront that it lets in. */
export async function openShop() {
  const storefront = await serveStorefront();
  const env = { SHOP_ADMIN: 'on', SHOP_STOREFRONT: storefront.origin };
  const shop = await Shop.open({ env }).catch((error) => {
    // Else the process would not end.
    storefront.server.close();
    throw error;
  });
  Object.assign(storefront.settings, { shop: shop.server.base, key: shop.key });
  return {
    shop,
    origin: storefront.origin,
    close: async () => {
      storefront.server.close();
      await shop.close();
    },
  };
}
