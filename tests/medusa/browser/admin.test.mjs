// The admin pages in Chromium, as staff use them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN, day, days } from '../support.mjs';
import { accessible, openBrowser, openShop, person, picture } from './support.mjs';

let open;
let browser;
let staff;
let page;
let shop;

before(async () => {
  open = await openShop();
  ({ shop } = open);
  browser = await openBrowser();
  staff = await person(browser);
  ({ page } = staff);
  await page.goto(`${shop.server.base}/app/login`);
  await page.fill('input[name="email"]', ADMIN.email);
  await page.fill('input[name="password"]', ADMIN.password);
  await page.click('button[type="submit"]');
  await page.waitForURL((url) => !url.pathname.includes('/login'));
});

after(async () => {
  await browser?.close();
  await open?.close();
});

const name = 'Cape York convoy';
const heading = (title) => page.getByRole('heading', { level: 1, name: title });

async function visit(path, title) {
  await page.goto(`${shop.server.base}/app/resource-booking${path}`);
  await heading(title).waitFor();
}

async function choose(label, option, within = page) {
  await within.getByLabel(label, { exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

async function madeResource() {
  const { resources } = await shop.admin.ok(
    'GET',
    `/admin/resource-booking/resources?q=${encodeURIComponent(name)}`,
  );
  return resources.find((resource) => resource.name === name);
}

const reportOf = async (id, date) => {
  const { report } = await shop.admin.ok(
    'GET',
    `/admin/resource-booking/capacity/report?resource_id=${id}&start_date=${date}&end_date=${date}`,
  );
  return report.days[0];
};

test('the sidebar leads to the pages', async () => {
  await page.getByRole('link', { name: 'Bookings', exact: true }).first().click();
  await heading('Booking calendar').waitFor();
  const others = ['Resources', 'Capacity', 'Blackouts', 'All bookings', 'Monitoring'];
  for (const title of others) {
    await page.getByRole('link', { name: title, exact: true }).first().click();
    await heading(title).waitFor();
  }
});

test('staff create a resource, and change it', async () => {
  await visit('/resources', 'Resources');
  await page.getByRole('table', { name: 'Resources' }).waitFor();
  await picture(page, 'admin-resources');
  await accessible(page);

  await page.getByRole('button', { name: 'Create', exact: true }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Type').fill('tour');
  await picture(page, 'admin-resource-form');
  await accessible(page, ['[role=dialog]']);
  await form.getByRole('button', { name: 'Create' }).click();
  await form.getByRole('alert').waitFor();
  await form.getByLabel('Type').fill('TOUR');
  await form.getByRole('button', { name: 'Create' }).click();
  await form.waitFor({ state: 'detached' });
  await page.getByRole('row', { name }).getByText('Can be booked').waitFor();
  assert.equal((await madeResource()).type, 'TOUR');

  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await page.getByRole('dialog').getByLabel('Description').fill('To the tip, and back');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal((await madeResource()).description, 'To the tip, and back');
});

test('staff delete a resource, and take it back', async () => {
  await visit('/resources', 'Resources');
  await page.getByRole('button', { name: `Delete ${name}` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('row', { name }).waitFor({ state: 'detached' });
  await page.getByLabel('Show deleted ones').click();
  await page.getByRole('button', { name: `Restore ${name}` }).click();
  await page.getByRole('row', { name }).getByText('Can be booked').waitFor();
});

test('a range and weekdays get their places at once', async () => {
  const { id } = await madeResource();
  await visit(`/capacity?resource_id=${id}`, 'Capacity');
  await page.getByLabel('First day').fill(day(0));
  await page.getByLabel('Last day').fill(day(13));
  await page.getByLabel('Places on each day').fill('5');
  await page.getByLabel('Sunday').click();
  await page.getByRole('button', { name: 'Set the places' }).click();
  await page.getByText('12 days are new, 0 were changed.').waitFor();
  await picture(page, 'admin-capacity');
  await accessible(page);
  for (const date of days(0, 14)) {
    const isSunday = new Date(date).getUTCDay() === 0;
    assert.equal((await reportOf(id, date)).max_capacity, isSunday ? 0 : 5, date);
  }
});

/** A day in that fortnight that is no Sunday, nor is the next one. */
const workday = (from) =>
  days(from, 7).find((date) => [1, 2, 3, 4].includes(new Date(date).getUTCDay()));
const nextDay = (date) =>
  new Date(new Date(date).getTime() + 86_400_000).toISOString().slice(0, 10);

async function showMonthOf(date) {
  const shown = new Intl.DateTimeFormat('en-AU', {
    timeZone: 'UTC',
    month: 'long',
    year: 'numeric',
  }).format(new Date(date));
  const title = page.getByRole('heading', { level: 2, name: shown });
  await page.getByRole('button', { name: 'Month after' }).waitFor();
  for (let months = 0; months < 3 && !(await title.isVisible()); months++) {
    await page.getByRole('button', { name: 'Month after' }).click();
  }
  await title.waitFor();
}

const cellOf = (date) => {
  const written = new Intl.DateTimeFormat('en-AU', {
    timeZone: 'UTC',
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  }).format(new Date(date));
  return page.getByRole('button', { name: `${written}:` });
};

test('a booking appears in the calendar, and its day leads to the order', async () => {
  const resource = await madeResource();
  const date = workday(0);
  const { order } = await shop.order(resource, [date], 2);
  await shop.store.ok('POST', '/store/resource-booking/holds', {
    resource_id: resource.id,
    dates: [date],
    quantity: 1,
    customer_email: 'waiting@shop.test',
  });
  await visit(`?resource_id=${resource.id}`, 'Booking calendar');
  await showMonthOf(date);
  const cell = cellOf(date);
  assert.match(await cell.textContent(), /2 free, 2 booked, 1 held, of 5/);
  await picture(page, 'admin-calendar');
  await accessible(page);

  // By keyboard: from the day before, with an arrow, and Enter.
  await cell.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('dialog');
  await drawer.getByText('waiting@shop.test').waitFor();
  await picture(page, 'admin-day');
  await accessible(page, ['[role=dialog]']);
  await drawer.getByRole('link', { name: `Order #${order.display_id}` }).click();
  await page.waitForURL(`**/orders/${order.id}`);
});

test('what a blackout collides with is listed before anything is done', async () => {
  const resource = await madeResource();
  const date = workday(0);
  await visit('/blackouts', 'Blackouts');
  await page.getByText('No days are closed.').waitFor();
  await picture(page, 'admin-blackouts-empty');
  await page.getByRole('button', { name: 'Close days' }).click();
  const form = page.getByRole('dialog');
  await choose('Resource', name, form);
  await form.getByLabel('First day').fill(date);
  await form.getByLabel('Last day').fill(nextDay(date));
  await form.getByLabel('Reason').fill('Service');
  const conflicts = form.getByRole('region', { name: 'Conflicts' });
  await conflicts.getByText('On these days there are 1 booking and 1 hold:').waitFor();
  await conflicts.getByText('waiting@shop.test').waitFor();
  await picture(page, 'admin-blackout-conflicts');
  await accessible(page, ['[role=dialog]']);
  assert.equal((await reportOf(resource.id, date)).blackout, false);

  // Without a choice the shop refuses.
  await form.getByRole('button', { name: 'Close the days' }).click();
  await form.getByRole('alert').waitFor();
  assert.equal((await reportOf(resource.id, date)).blackout, false);

  await form.getByLabel('Close the days all the same; what is there stays').click();
  await form.getByRole('button', { name: 'Close the days' }).click();
  await page.getByRole('row', { name: /Service/ }).waitFor();
  assert.equal((await reportOf(resource.id, date)).blackout, true);
  assert.equal((await reportOf(resource.id, date)).booked, 2);
  await accessible(page);

  await visit(`?resource_id=${resource.id}`, 'Booking calendar');
  await showMonthOf(date);
  assert.match(await cellOf(date).textContent(), /Closed, 2 booked, 1 held/);
  await picture(page, 'admin-calendar-closed');

  await visit('/blackouts', 'Blackouts');
  await page.getByRole('button', { name: `Open again: ${name} from ${date}` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Open again' }).click();
  await page.getByText('No days are closed.').waitFor();
  assert.equal((await reportOf(resource.id, date)).blackout, false);
});

test('bookings are found, moved and cancelled', async () => {
  const resource = await madeResource();
  const date = workday(0);
  const later = nextDay(date);
  await visit('/bookings', 'All bookings');
  await page.getByLabel('Search').fill('nobody@shop.test');
  await page.getByText('No bookings are to be found here.').waitFor();
  await page.getByLabel('Search').fill('guest@shop.test');
  const row = page.getByRole('row', { name });
  await row.getByText('Confirmed').waitFor();
  await picture(page, 'admin-bookings');
  await accessible(page);

  await row.getByRole('button', { name: /^Move/ }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('New first day').fill(later);
  await form.getByLabel('Places').fill('6');
  await form.getByRole('button', { name: 'Move' }).click();
  await form.getByRole('alert').waitFor();
  await picture(page, 'admin-move-refused');
  await accessible(page, ['[role=dialog]']);
  await form.getByLabel('Places').fill('3');
  await form.getByRole('button', { name: 'Move' }).click();
  await form.waitFor({ state: 'detached' });
  assert.equal((await reportOf(resource.id, later)).booked, 3);

  await row.getByRole('button', { name: /^Cancel/ }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel the booking' }).click();
  await row.getByText('Cancelled').waitFor();
  assert.equal((await reportOf(resource.id, later)).booked, 0);
});

test('a product is linked to a resource on its own page', async () => {
  const resource = await madeResource();
  const product = await shop.product();
  const linked = () =>
    shop.admin
      .ok('GET', `/admin/resource-booking/products/${product.id}/resource`)
      .then((body) => body.resource?.id);
  await page.goto(`${shop.server.base}/app/products/${product.id}`);
  await page.getByText('This product is not booked by the day.').waitFor();
  await choose('Resource', name);
  await page.getByRole('button', { name: 'Link', exact: true }).click();
  await page.getByText(`Booked on ${name}`).waitFor();
  await picture(page, 'admin-product');
  assert.equal(await linked(), resource.id);
  await page.getByRole('button', { name: 'Unlink' }).click();
  await page.getByText('This product is not booked by the day.').waitFor();
  assert.equal(await linked(), undefined);
});

test('the figures are shown, and how full today is', async () => {
  await visit('/monitoring', 'Monitoring');
  const figures = page.locator('dl');
  for (const figure of ['Success rate', 'Expiry rate', 'Time to confirm', 'Lock waits']) {
    await figures.getByText(figure).waitFor();
  }
  await figures.getByText('100%').waitFor();
  await page.getByRole('table', { name: 'Use today' }).getByRole('row').nth(1).waitFor();
  await picture(page, 'admin-monitoring');
  await accessible(page);
});

test('a page says that it is loading, that it failed, and tries again', async () => {
  let answer = 'wait';
  const waiting = [];
  await page.route('**/admin/resource-booking/metrics*', (route) => {
    if (answer === 'wait') waiting.push(route);
    else if (answer === 'fail') void route.abort();
    else void route.continue();
  });
  await page.goto(`${shop.server.base}/app/resource-booking/monitoring`);
  await page.getByRole('status').getByText('Loading…').waitFor();
  await picture(page, 'admin-loading');
  answer = 'fail';
  for (const route of waiting) await route.abort();
  await page.getByRole('alert').getByText('The shop does not answer.').waitFor();
  await picture(page, 'admin-failed');
  await accessible(page);
  answer = 'go on';
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('Success rate').waitFor();
});

test('no page failed, nor asked another host', () => {
  assert.deepEqual(staff.faults, []);
});
