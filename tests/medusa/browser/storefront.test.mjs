// examples/storefront in Chromium, as shoppers use it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { day, eventually, expire } from '../support.mjs';
import { accessible, openBrowser, openShop, person, picture } from './support.mjs';

let open;
let browser;
let shop;

before(async () => {
  open = await openShop();
  ({ shop } = open);
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await open?.close();
});

const name = 'Daintree night walk';
const MINUTE = 60_000;

/** A resource and its product, under a name that the page shows. */
async function sell(title, places) {
  const resource = await shop.resource(places, { name: title, type: 'WALK' });
  const product = await shop.product(resource);
  await shop.admin.ok('POST', `/admin/products/${product.id}`, { title });
  return resource;
}

/** A shopper who looks at a product. */
async function shopper(title, { clock = false } = {}) {
  const who = await person(browser, { width: 800, height: 1000 });
  if (clock) await who.page.clock.install();
  await who.page.goto(open.origin);
  await who.page.getByLabel('What', { exact: true }).selectOption({ label: title });
  await who.page.getByLabel('E-mail').fill('ada@shop.test');
  return who;
}

async function dayButton(page, date) {
  const button = page.locator(`[data-date="${date}"]`);
  for (let months = 0; months < 3 && (await button.count()) === 0; months++) {
    const before = await page.locator('#month').textContent();
    await page.getByRole('button', { name: 'Month after' }).click();
    await page.waitForFunction(
      (shown) => document.getElementById('month').textContent !== shown,
      before,
    );
  }
  return button;
}

async function choose(page, first, last = first) {
  await (await dayButton(page, first)).click();
  if (last !== first) await (await dayButton(page, last)).click();
}

const holdButton = (page) => page.getByRole('button', { name: 'Hold these days' });
const heldFor = (page) => page.getByRole('heading', { name: 'Held for you' });

async function hold(page, first, last) {
  await choose(page, first, last);
  await holdButton(page).click();
  await heldFor(page).waitFor();
}

async function pay(page) {
  const address = {
    'First name': 'Ada',
    'Last name': 'Byron',
    Address: '1 Pier',
    City: 'Cairns',
    Postcode: '4870',
  };
  for (const [label, value] of Object.entries(address)) await page.getByLabel(label).fill(value);
  await page.getByRole('button', { name: 'Book and pay' }).click();
  await page.getByRole('heading', { name: 'Booked' }).waitFor();
}

test('a shopper goes from the calendar to an order, by mouse or by keyboard', async () => {
  const resource = await sell(name, 5);
  const who = await shopper(name);
  const { page } = who;
  await page.getByLabel('Places').fill('6');
  await page.getByLabel('Places').blur();
  await (await dayButton(page, day(3))).filter({ hasText: 'sold out' }).waitFor();
  await page.getByLabel('Places').fill('2');
  await page.getByLabel('Places').blur();
  await (await dayButton(page, day(3))).filter({ hasText: '5 free' }).waitFor();
  await picture(page, 'storefront-calendar');
  await accessible(page);

  // The first day by keyboard, the last by mouse.
  await (await dayButton(page, day(3))).focus();
  await page.keyboard.press('Enter');
  await choose(page, day(4));
  await holdButton(page).click();
  await heldFor(page).waitFor();
  await picture(page, 'storefront-held');
  await accessible(page);
  assert.deepEqual(await shop.left(resource.id, 3, 2), [3, 3]);

  // Loaded again, the tab still has its hold.
  await page.reload();
  await heldFor(page).waitFor();
  await pay(page);
  await picture(page, 'storefront-booked');
  await accessible(page);
  const number = /Order #(\d+)/.exec(await page.locator('#booked-what').textContent())[1];
  const { allocations } = await shop.admin.ok(
    'GET',
    `/admin/resource-booking/allocations?resource_id=${resource.id}`,
  );
  assert.deepEqual(
    allocations.map(({ dates, quantity, order }) => [dates, quantity, String(order.display_id)]),
    [[[day(3), day(4)], 2, number]],
  );
  assert.deepEqual(who.faults, []);
  await who.close();
});

test('of two browsers that want the last place one gets it, the other what is free', async () => {
  const title = 'Last canoe';
  const resource = await sell(title, 1);
  const both = [await shopper(title), await shopper(title)];
  for (const { page } of both) await choose(page, day(5));
  await Promise.all(both.map(({ page }) => holdButton(page).click()));
  const isHeld = (page) => heldFor(page).isVisible();
  const isRefused = (page) => page.locator('#alternatives').isVisible();
  await eventually(async () => {
    for (const { page } of both) assert.ok((await isHeld(page)) || (await isRefused(page)));
  });
  const held = await Promise.all(both.map(({ page }) => isHeld(page)));
  assert.deepEqual([...held].sort(), [false, true]);
  assert.deepEqual(await shop.left(resource.id, 5, 1), [0]);

  const { page } = both[held.indexOf(false)];
  await page.getByRole('alert').waitFor();
  await picture(page, 'storefront-alternatives');
  await accessible(page);
  await page.locator('#alternatives').getByRole('button', { name: new RegExp(title) }).first()
    .click();
  await holdButton(page).click();
  await heldFor(page).waitFor();
  assert.equal((await shop.holdsOf(resource.id)).length, 2);
  for (const who of both) {
    assert.deepEqual(who.faults, []);
    await who.close();
  }
});

/** Seconds. */
const left = async (page) => {
  const shown = await page.locator('#countdown').textContent();
  const [minutes, seconds] = shown.split(':').map(Number);
  return 60 * minutes + seconds;
};

test('a shopper who is there is offered more time when little is left', async () => {
  const title = 'Slow form';
  const resource = await sell(title, 3);
  const who = await shopper(title, { clock: true });
  const { page } = who;
  await hold(page, day(6));
  assert.ok((await left(page)) > 29 * 60);
  const offer = page.getByRole('button', { name: 'Keep it for longer' });
  await page.mouse.move(10, 10);
  assert.equal(await offer.isVisible(), false);

  // Nobody is there: nothing is offered.
  await page.clock.fastForward(25 * MINUTE);
  await page.clock.runFor(1000);
  assert.ok((await left(page)) < 5 * 60);
  assert.equal(await offer.isVisible(), false);

  await page.mouse.move(50, 50);
  await page.clock.runFor(1000);
  await offer.waitFor();
  await picture(page, 'storefront-offer');
  await accessible(page);
  const [before] = await shop.holdsOf(resource.id);
  await offer.click();
  await page.getByText('You have more time now.').waitFor();
  assert.ok((await left(page)) > 29 * 60);
  const [extended] = await shop.holdsOf(resource.id);
  assert.ok(Date.parse(extended.expires_at) > Date.parse(before.expires_at));
  assert.deepEqual(who.faults, []);
  await who.close();
});

test('a hold whose time is over is gone, and the shopper may choose again', async () => {
  const title = 'Slow decision';
  const resource = await sell(title, 1);
  const who = await shopper(title, { clock: true });
  const { page } = who;
  await hold(page, day(7));
  const [held] = await shop.holdsOf(resource.id);

  // The page's clock is not believed while the shop's says that it lasts.
  await page.clock.fastForward(31 * MINUTE);
  await page.clock.runFor(1000);
  await eventually(async () => assert.ok((await left(page)) >= 0));
  assert.ok(await heldFor(page).isVisible());

  expire(shop, held.id);
  await page.clock.fastForward(31 * MINUTE);
  await page.clock.runFor(2000);
  await page.getByText('The time is over, and the days are not held any more.').waitFor();
  assert.equal(await heldFor(page).isVisible(), false);
  await picture(page, 'storefront-expired');
  await accessible(page);
  await hold(page, day(7));
  assert.deepEqual(await shop.left(resource.id, 7, 1), [0]);

  await page.getByRole('button', { name: 'Give it back' }).click();
  await page.getByText('The days are free again.').waitFor();
  assert.deepEqual(await shop.left(resource.id, 7, 1), [1]);
  assert.deepEqual(who.faults, []);
  await who.close();
});
