// examples/storefront in Chromium, as shoppers use it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { day, eventually, expire } from '../support.mjs';
import { fits, look, openBrowser, openShop, person } from './support.mjs';

let open;
let browser;
let shop;

before(async () => {
  browser = await openBrowser();
  open = await openShop();
  ({ shop } = open);
});

after(async () => {
  await browser?.close();
  await open?.close();
});

const MINUTE = 60_000;

/** A resource and its product, under a name that the page shows. */
async function sell(title, places) {
  const resource = await shop.resource(places, { name: title, type: 'WALK' });
  const product = await shop.product(resource);
  await shop.admin.ok('POST', `/admin/products/${product.id}`, { title });
  return resource;
}

/** A shopper who looks at a product. */
async function shopper(title, { clock = false, ...how } = {}) {
  const who = await person(browser, { width: 800, height: 1000, ...how });
  if (clock) await who.page.clock.install();
  await who.page.goto(open.origin);
  await who.page.getByLabel('What', { exact: true }).selectOption({ label: title });
  await who.page.getByRole('table', { name: title }).waitFor();
  await who.page.getByLabel('E-mail').fill('ada@shop.test');
  return who;
}

/** Their pages did nothing wrong. */
async function leave(...people) {
  for (const who of people) {
    assert.deepEqual(who.faults, []);
    await who.close();
  }
}

/** A day of the product that the shopper looks at; to another month they go first. */
async function dayButton(page, date) {
  const month = page.locator('#month');
  for (let months = 0; months < 3; months++) {
    const first = await page.locator('[data-date]').first().getAttribute('data-date');
    if (first.slice(0, 7) === date.slice(0, 7)) break;
    const shown = await month.textContent();
    const where = first < date ? 'Month after' : 'Month before';
    await page.getByRole('button', { name: where }).click();
    await month.filter({ hasNotText: shown }).waitFor();
  }
  return page.locator(`[data-date="${date}"]`);
}

async function choose(page, first, last = first) {
  await (await dayButton(page, first)).click();
  if (last !== first) await (await dayButton(page, last)).click();
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const holdButton = (page) => button(page, 'Hold these days');
const heldFor = (page) => page.getByRole('heading', { name: 'Held for you' });
const instead = (page) => page.locator('#alternatives');

async function hold(page, first, last) {
  await choose(page, first, last);
  await holdButton(page).click();
  await heldFor(page).waitFor();
}

async function fillIn(page) {
  const address = {
    'First name': 'Ada',
    'Last name': 'Byron',
    Address: '1 Pier',
    City: 'Cairns',
    Postcode: '4870',
  };
  for (const [label, value] of Object.entries(address)) await page.getByLabel(label).fill(value);
}

async function pay(page) {
  await fillIn(page);
  await button(page, 'Book and pay').click();
  await page.getByRole('heading', { name: 'Booked' }).waitFor();
}

const bookingsOf = (resource) =>
  shop.admin
    .ok('GET', `/admin/resource-booking/allocations?resource_id=${resource.id}`)
    .then(({ allocations }) => allocations);

const setPlaces = async (page, places) => {
  await page.getByLabel('Places').fill(String(places));
  await page.getByLabel('Places').blur();
};

const close = (resource, date) =>
  shop.admin.ok('POST', '/admin/resource-booking/blackouts', {
    resource_id: resource.id,
    start_date: date,
    end_date: date,
    reason: 'Crocodiles',
  });

test('a shopper goes from the calendar to an order, by mouse or by keyboard', async () => {
  const name = 'Daintree night walk';
  const resource = await sell(name, 5);
  const who = await shopper(name);
  const { page } = who;
  await setPlaces(page, 6);
  await (await dayButton(page, day(3))).filter({ hasText: 'sold out' }).waitFor();
  await setPlaces(page, 2);
  await (await dayButton(page, day(3))).filter({ hasText: '5 free' }).waitFor();
  await look(page, 'storefront-calendar');

  // The first day by keyboard, the last by mouse. All three are of one month.
  const before = day(2).slice(0, 7) === day(4).slice(0, 7) ? 2 : 4;
  const [first, last] = [before + 1, before + 2];
  await (await dayButton(page, day(before))).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await choose(page, day(last));
  await look(page, 'storefront-chosen');
  await holdButton(page).click();
  await heldFor(page).waitFor();
  await look(page, 'storefront-held');
  assert.deepEqual(await shop.left(resource.id, first, 2), [3, 3]);

  // Loaded again, the tab still has its hold.
  await page.reload();
  await heldFor(page).waitFor();
  const price = await page.locator('#price').textContent();
  await pay(page);
  await look(page, 'storefront-booked');
  const said = await page.locator('#booked-what').textContent();
  const [booking, ...others] = await bookingsOf(resource);
  assert.deepEqual(others, []);
  assert.deepEqual([booking.dates, booking.quantity], [[day(first), day(last)], 2]);
  const fields = 'fields=display_id,email,total';
  const { order } = await shop.admin.ok('GET', `/admin/orders/${booking.order.id}?${fields}`);
  assert.equal(order.email, 'ada@shop.test');
  assert.equal(order.total, 100);
  assert.match(price, /\b100\.00$/);
  assert.ok(said.startsWith(`Order #${order.display_id} for ada@shop.test: 2 × ${name}`), said);
  assert.ok(said.endsWith(`${price}.`), said);

  // And from there to another one.
  await button(page, 'Book more days').click();
  await hold(page, day(9));
  await pay(page);
  assert.equal((await bookingsOf(resource)).length, 2);
  await leave(who);
});

test('days that are closed or sold out are told apart, and cannot be chosen', async () => {
  const title = 'Mangrove paddle';
  const resource = await sell(title, 1);
  await close(resource, day(1));
  await shop.order(resource, [day(3)]);
  const who = await shopper(title);
  const { page } = who;
  const closed = await dayButton(page, day(1));
  await closed.filter({ hasText: 'closed' }).waitFor();
  await closed.click({ force: true });
  assert.equal(await closed.getAttribute('aria-pressed'), 'false');
  assert.equal(await holdButton(page).isDisabled(), true);
  assert.match(await (await dayButton(page, day(3))).textContent(), /sold out/);
  await look(page, 'storefront-closed');

  // A stay does not go over what cannot be had.
  await choose(page, day(2), day(4));
  assert.equal(await (await dayButton(page, day(2))).getAttribute('aria-pressed'), 'false');
  assert.equal(await (await dayButton(page, day(4))).getAttribute('aria-pressed'), 'true');
  await leave(who);
});

test('of two browsers that want the last place one gets it, the other what is free', async () => {
  const title = 'Last canoe';
  const resource = await sell(title, 1);
  const both = [await shopper(title), await shopper(title)];
  for (const { page } of both) await choose(page, day(5));
  await Promise.all(both.map(({ page }) => holdButton(page).click()));
  const isHeld = (page) => heldFor(page).isVisible();
  const isRefused = (page) => instead(page).isVisible();
  await eventually(async () => {
    for (const { page } of both) assert.ok((await isHeld(page)) || (await isRefused(page)));
  });
  const held = await Promise.all(both.map(({ page }) => isHeld(page)));
  assert.deepEqual([...held].sort(), [false, true]);
  assert.deepEqual(await shop.left(resource.id, 5, 1), [0]);

  const { page } = both[held.indexOf(false)];
  await page.getByRole('alert').getByText('Somebody was faster').waitFor();
  await page.locator(`[data-date="${day(5)}"]`).filter({ hasText: 'sold out' }).waitFor();
  await look(page, 'storefront-alternatives');
  await instead(page).getByRole('button', { name: new RegExp(title) }).first().click();
  await holdButton(page).click();
  await heldFor(page).waitFor();
  assert.equal((await shop.holdsOf(resource.id)).length, 2);
  await leave(...both);
});

/** Seconds. */
const left = async (page) => {
  const shown = await page.locator('#countdown').textContent();
  const [minutes, seconds] = shown.split(':').map(Number);
  return 60 * minutes + seconds;
};

/** The page counts what the shop says, a few seconds apart. */
async function countsAs(page, { expires_at: end }) {
  const there = (Date.parse(end) - Date.now()) / 1000;
  const shown = await left(page);
  assert.ok(Math.abs(shown - there) < 20, `${shown} s shown, ${there} s left`);
}

test('a shopper who is there is offered more time when little is left', async () => {
  const title = 'Slow form';
  const resource = await sell(title, 3);
  const who = await shopper(title, { clock: true });
  const { page } = who;
  await hold(page, day(6));
  const [before] = await shop.holdsOf(resource.id);
  await countsAs(page, before);
  const offer = button(page, 'Keep it for longer');
  await page.mouse.move(10, 10);
  await page.clock.fastForward(20 * MINUTE);
  await page.mouse.move(20, 20);
  await page.clock.runFor(1000);
  assert.equal(await offer.isVisible(), false, 'there is time enough');

  await page.clock.fastForward(5 * MINUTE);
  await page.clock.runFor(1000);
  assert.ok((await left(page)) < 5 * 60);
  assert.equal(await offer.isVisible(), false, 'nobody is there');

  await page.mouse.move(50, 50);
  await page.clock.runFor(1000);
  await offer.waitFor();
  await look(page, 'storefront-offer');
  await offer.click();
  await page.getByText('You have more time now.').waitFor();
  await look(page, 'storefront-extended');
  const [extended] = await shop.holdsOf(resource.id);
  assert.ok(Date.parse(extended.expires_at) > Date.parse(before.expires_at));
  await countsAs(page, extended);
  await leave(who);
});

test('a hold whose time is over is gone, and the shopper may choose again', async () => {
  const title = 'Slow decision';
  const resource = await sell(title, 1);
  const who = await shopper(title, { clock: true });
  const { page } = who;
  await hold(page, day(7));
  const [held] = await shop.holdsOf(resource.id);

  // The page's clock is not believed while the shop's says that it lasts.
  const asked = page.waitForResponse((response) => response.url().endsWith(held.id));
  await page.clock.fastForward(31 * MINUTE);
  await page.clock.runFor(1000);
  await asked;
  await eventually(async () => assert.ok((await left(page)) > 0));
  assert.ok(await heldFor(page).isVisible());

  expire(shop, held.id);
  await page.clock.fastForward(31 * MINUTE);
  await page.clock.runFor(2000);
  await page.getByText('The time is over, and the days are not held any more.').waitFor();
  assert.equal(await heldFor(page).isVisible(), false);
  await look(page, 'storefront-expired');
  await hold(page, day(7));
  assert.deepEqual(await shop.left(resource.id, 7, 1), [0]);

  await button(page, 'Give it back').click();
  await page.getByText('The days are free again.').waitFor();
  assert.deepEqual(await shop.left(resource.id, 7, 1), [1]);
  await leave(who);
});

test('when the time is over and the days are gone, others are offered', async () => {
  const title = 'Slower decision';
  const resource = await sell(title, 1);
  const who = await shopper(title, { clock: true });
  const { page } = who;
  await hold(page, day(7), day(8));
  const [held] = await shop.holdsOf(resource.id);
  expire(shop, held.id);
  await shop.order(resource, [day(8)]);
  await page.clock.fastForward(31 * MINUTE);
  await page.clock.runFor(2000);
  await page.getByText('The time is over, and the days are not held any more.').waitFor();
  await instead(page).getByRole('button', { name: new RegExp(title) }).first().waitFor();
  await look(page, 'storefront-expired-and-gone');
  await instead(page).getByRole('button', { name: new RegExp(title) }).first().click();
  await holdButton(page).click();
  await heldFor(page).waitFor();
  await leave(who);
});

/** The shop gets the next such request, and its answer is lost. */
async function loseAnswer(page, method, pattern) {
  let lost = 0;
  await page.route(pattern, async (route) => {
    if (route.request().method() !== method || lost++ > 0) return route.continue();
    await route.fetch();
    return route.abort();
  });
}

test('a lost answer makes neither a second hold nor a second order', async () => {
  const title = 'Tunnel of trees';
  const resource = await sell(title, 3);
  const who = await shopper(title);
  const { page } = who;
  await loseAnswer(page, 'POST', '**/resource-booking/holds');
  await choose(page, day(4));
  await holdButton(page).click();
  await page.getByRole('alert').getByText('The shop does not answer.').waitFor();
  await look(page, 'storefront-no-answer');
  await holdButton(page).click();
  await heldFor(page).waitFor();
  assert.equal((await shop.holdsOf(resource.id)).length, 1);

  await loseAnswer(page, 'POST', '**/line-items');
  await loseAnswer(page, 'POST', '**/complete');
  await fillIn(page);
  for (let lost = 0; lost < 2; lost++) {
    await button(page, 'Book and pay').click();
    await page.getByRole('alert').getByText('The shop does not answer.').waitFor();
  }
  await look(page, 'storefront-not-paid');
  await button(page, 'Book and pay').click();
  await page.getByRole('heading', { name: 'Booked' }).waitFor();
  const bookings = await bookingsOf(resource);
  assert.deepEqual(bookings.map(({ dates, quantity }) => [dates, quantity]), [[[day(4)], 1]]);
  await leave(who);
});

test('the page says that it is loading, and that the shop does not answer', async () => {
  const who = await person(browser, { width: 800, height: 1000 });
  const { page } = who;
  let fail;
  const failed = new Promise((resolve) => {
    fail = resolve;
  });
  await page.route('**/store/**', (route) => failed.then(() => route.abort()));
  await page.goto(open.origin);
  await page.getByText('Loading…').waitFor();
  await look(page, 'storefront-loading');
  fail();
  await page.getByRole('alert').getByText('The shop does not answer.').waitFor();
  assert.equal(await page.getByText('Loading…').isVisible(), false);
  await look(page, 'storefront-failed');
  await leave(who);
});

for (const [suffix, how] of [
  ['narrow', { width: 360, height: 740 }],
  ['dark', { colorScheme: 'dark' }],
]) {
  test(`the whole way looks right when it is ${suffix}`, async () => {
    const title = `Rainforest by night, ${suffix}`;
    const resource = await sell(title, 1);
    await close(resource, day(1));
    const who = await shopper(title, { ...how, clock: true });
    const { page } = who;
    const see = async (name) => {
      await look(page, `storefront-${name}-${suffix}`);
      await fits(page);
    };
    await choose(page, day(3), day(4));
    await see('chosen');
    await shop.order(resource, [day(4)]);
    await holdButton(page).click();
    await instead(page).waitFor();
    await instead(page).evaluate((offers) => offers.scrollIntoView());
    assert.ok(await page.getByRole('alert').evaluate((said) => {
      const { top, bottom } = said.getBoundingClientRect();
      return top >= 0 && bottom <= innerHeight;
    }), 'what is wrong is in sight');
    await see('alternatives');
    await instead(page).getByRole('button', { name: title }).first().click();
    await holdButton(page).click();
    await heldFor(page).waitFor();
    await page.clock.fastForward(26 * MINUTE);
    await page.mouse.move(50, 50);
    await page.clock.runFor(1000);
    await button(page, 'Keep it for longer').waitFor();
    await see('offer');
    await pay(page);
    await see('booked');
    await leave(who);
  });
}
