// The admin pages in Chromium, as staff use them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN, day, days, expire } from '../support.mjs';
import { fits, look, openBrowser, openShop, person } from './support.mjs';

let open;
let browser;
let staff;
let page;
let shop;

before(async () => {
  browser = await openBrowser();
  open = await openShop();
  ({ shop } = open);
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
const PAGES = [
  ['', 'Booking calendar'],
  ['/resources', 'Resources'],
  ['/capacity', 'Capacity'],
  ['/blackouts', 'Blackouts'],
  ['/bookings', 'All bookings'],
  ['/monitoring', 'Monitoring'],
];
const DIALOG = ['[role=dialog]'];
const PROMPT = ['[role=alertdialog]'];

const heading = (title) => page.getByRole('heading', { level: 1, name: title });
const button = (label, within = page) => within.getByRole('button', { name: label, exact: true });
const form = () => page.getByRole('dialog');
const prompt = () => page.getByRole('alertdialog');
const gone = (what) => what.waitFor({ state: 'detached' });

async function visit(path, title) {
  await page.goto(`${shop.server.base}/app/resource-booking${path}`);
  await heading(title).waitFor();
}

async function choose(label, option, within = page) {
  await within.getByLabel(label, { exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

const admin = (path) => shop.admin.ok('GET', `/admin/resource-booking${path}`);

async function resourceCalled(wanted) {
  const { resources } = await admin(`/resources?q=${encodeURIComponent(wanted)}`);
  return resources.find((resource) => resource.name === wanted);
}
const madeResource = () => resourceCalled(name);

async function reportOf(id, date) {
  const range = `start_date=${date}&end_date=${date}`;
  return (await admin(`/capacity/report?resource_id=${id}&${range}`)).report.days[0];
}

test('the sidebar leads to the pages', async () => {
  await page.getByRole('link', { name: 'Bookings', exact: true }).first().click();
  await heading('Booking calendar').waitFor();
  for (const [, title] of PAGES.slice(1)) {
    await page.getByRole('link', { name: title, exact: true }).first().click();
    await heading(title).waitFor();
  }
});

test('staff create a resource, and change it', async () => {
  await visit('/resources', 'Resources');
  await page.getByRole('table', { name: 'Resources' }).waitFor();
  await look(page, 'admin-resources');

  await button('Create').click();
  await form().getByLabel('Type').fill('tour');
  await look(page, 'admin-resource-form', DIALOG);
  await button('Create', form()).click();
  await form().getByRole('alert').waitFor();
  await look(page, 'admin-resource-refused', DIALOG);
  await form().getByLabel('Name').fill(name);
  await button('Create', form()).click();
  await gone(form());
  await page.getByRole('row', { name }).getByText('Can be booked').waitFor();
  assert.equal((await madeResource()).type, 'TOUR');

  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await form().getByLabel('Description').fill('To the tip, and back');
  await button('Save', form()).click();
  await gone(form());
  assert.equal((await madeResource()).description, 'To the tip, and back');
});

test('a resource is deleted when that is confirmed, and can be taken back', async () => {
  const row = page.getByRole('row', { name });
  const remove = page.getByRole('button', { name: `Delete ${name}` });
  await visit('/resources', 'Resources');
  await remove.click();
  await look(page, 'admin-resource-delete', PROMPT);
  await button('Keep', prompt()).click();
  await gone(prompt());
  assert.ok(await madeResource());
  await remove.click();
  await button('Delete', prompt()).click();
  await gone(row);
  await page.getByLabel('Show deleted ones').click();
  await row.getByText('Deleted').waitFor();
  await look(page, 'admin-resources-deleted');
  await page.getByRole('button', { name: `Restore ${name}` }).click();
  await row.getByText('Can be booked').waitFor();
});

test('resources are found by their names', async () => {
  await visit('/resources', 'Resources');
  await page.getByLabel('Search').fill('cape york');
  await gone(page.getByRole('row', { name: 'Jimny' }));
  await page.getByRole('row', { name }).waitFor();
  await page.getByLabel('Search').fill('no such thing');
  await page.getByText('Nothing is called so.').waitFor();
  await look(page, 'admin-resources-none-found');
});

async function setPlaces(first, last, places) {
  await page.getByLabel('First day').fill(first);
  await page.getByLabel('Last day').fill(last);
  await page.getByLabel('Places on each day').fill(String(places));
  await button('Set the places').click();
}

test('a range and weekdays get their places at once', async () => {
  const { id } = await madeResource();
  await visit(`/capacity?resource_id=${id}`, 'Capacity');
  await page.getByLabel('Sunday').click();
  await setPlaces(day(0), day(13), 5);
  await page.getByText('12 days new, 0 changed.').waitFor();
  await look(page, 'admin-capacity');
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

const written = (date, options) =>
  new Intl.DateTimeFormat('en-AU', { timeZone: 'UTC', ...options }).format(new Date(date));

async function showMonthOf(date) {
  const month = written(date, { month: 'long', year: 'numeric' });
  const title = page.getByRole('heading', { level: 2, name: month });
  await button('Month after').waitFor();
  for (let months = 0; months < 3 && !(await title.isVisible()); months++) {
    await button('Month after').click();
  }
  await title.waitFor();
}

const cellOf = (date) => {
  const whole = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' };
  return page.getByRole('button', { name: `${written(date, whole)}:` });
};

/** The calendar of the made resource, at a day's month. */
async function visitDay(date) {
  await visit(`?resource_id=${(await madeResource()).id}`, 'Booking calendar');
  await showMonthOf(date);
  return cellOf(date);
}

test('a booking and a hold appear in the calendar', async () => {
  const resource = await madeResource();
  const date = workday(0);
  await shop.order(resource, [date], 2);
  await shop.store.ok('POST', '/store/resource-booking/holds', {
    resource_id: resource.id,
    dates: [date],
    quantity: 1,
    customer_email: 'waiting@shop.test',
  });
  await shop.order(resource, [nextDay(date)], 5);
  const cell = await visitDay(date);
  assert.match(await cell.textContent(), /2 free, 2 booked, 1 held, of 5/);
  await look(page, 'admin-calendar');
  await showMonthOf(nextDay(date));
  assert.match(await cellOf(nextDay(date)).textContent(), /Full, 5 booked, 0 held, of 5/);
});

test('held and closed have patterns, for those who do not see the colours', async () => {
  const pattern = (entry) =>
    page.getByRole('list', { name: 'Legend' }).getByRole('listitem')
      .filter({ hasText: entry })
      .locator('span')
      .first()
      .evaluate((swatch) => /gradient\(\S+deg/.exec(getComputedStyle(swatch).backgroundImage)?.[0]);
  const [held, closed] = [await pattern('Held'), await pattern('Closed')];
  assert.ok(held && closed && held !== closed, `${held} and ${closed}`);

  const devtools = await page.context().newCDPSession(page);
  const see = (type) => devtools.send('Emulation.setEmulatedVisionDeficiency', { type });
  await see('achromatopsia');
  await look(page, 'admin-calendar-without-colours');
  await see('none');
});

test('by keyboard a day opens what is on it, and leads to the order', async () => {
  const date = workday(0);
  const { allocations } = await admin(`/allocations?resource_id=${(await madeResource()).id}`);
  const { order } = allocations.find(({ dates }) => dates[0] === date);
  const cell = await visitDay(date);
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const hasFocus = () => cell.evaluate((at) => at === document.activeElement);
  /** So many days from the month's end on, a week at a time as far as that goes. */
  const go = (end, days, week, day) =>
    press(end, ...Array(Math.floor(days / 7)).fill(week), ...Array(days % 7).fill(day));
  const dayOfMonth = Number(date.slice(-2));
  const [year, month] = date.split('-').map(Number);
  const lastOfMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  await page.locator('main table button').first().focus();
  await go('End', lastOfMonth - dayOfMonth, 'ArrowUp', 'ArrowLeft');
  assert.ok(await hasFocus(), 'backwards from the last day');
  await go('Home', dayOfMonth - 1, 'ArrowDown', 'ArrowRight');
  assert.ok(await hasFocus(), 'onwards from the first day');
  await press('Enter');
  await form().getByText('waiting@shop.test').waitFor();
  await form().getByText('2 places booked').waitFor();
  await form().getByText('1 place held').waitFor();
  await look(page, 'admin-day', DIALOG);

  await press('Escape');
  await gone(form());
  assert.ok(await hasFocus(), 'the day has the focus again');
  await press('Enter');
  await form().getByRole('link', { name: `Order #${order.display_id}` }).press('Enter');
  await page.waitForURL(`**/orders/${order.id}`);
});

test('a day with nothing on it says so', async () => {
  const cell = await visitDay(day(13));
  await cell.click();
  await form().getByText('Nothing is held or booked on this day.').waitFor();
  await look(page, 'admin-day-empty', DIALOG);
  await button('Close', form()).click();
  await gone(form());
});

test('places are not taken away from under a booking', async () => {
  const { id } = await madeResource();
  const date = workday(0);
  await visit(`/capacity?resource_id=${id}`, 'Capacity');
  await choose('Days that have places already', 'Set them too');
  await setPlaces(date, date, 1);
  await page.getByRole('alert').getByText('more is held and booked').waitFor();
  await look(page, 'admin-capacity-refused');
  assert.equal((await reportOf(id, date)).max_capacity, 5);
  await setPlaces(date, date, 6);
  await page.getByText('0 days new, 1 changed.').waitFor();
  assert.equal((await reportOf(id, date)).max_capacity, 6);
});

test('what a blackout collides with is listed before anything is done', async () => {
  const resource = await madeResource();
  const date = workday(0);
  await visit('/blackouts', 'Blackouts');
  await page.getByText('No days are closed.').waitFor();
  await page.locator('button:enabled', { hasText: 'Close days' }).waitFor();
  await look(page, 'admin-blackouts-empty');
  await button('Close days').click();
  await choose('Resource', name, form());
  await form().getByLabel('First day').fill(day(13));
  await form().getByLabel('Last day').fill(day(13));
  await form().getByText('Nothing is held or booked on these days.').waitFor();
  await look(page, 'admin-blackout-form', DIALOG);
  await form().getByLabel('First day').fill(date);
  await form().getByLabel('Last day').fill(date);
  await form().getByLabel('Reason').fill('Service');
  const conflicts = form().getByRole('region', { name: 'Conflicts' });
  await conflicts.getByText('On these days there are 1 booking and 1 hold:').waitFor();
  await conflicts.getByText('waiting@shop.test').waitFor();
  await conflicts.getByRole('link', { name: /^Order #\d+$/ }).waitFor();
  await conflicts.getByText('guest@shop.test').waitFor();
  await look(page, 'admin-blackout-conflicts', DIALOG);
  assert.equal((await reportOf(resource.id, date)).blackout, false);

  // Without a choice the shop refuses.
  await button('Close the days', form()).click();
  await form().getByRole('alert').waitFor();
  await look(page, 'admin-blackout-refused', DIALOG);
  assert.equal((await reportOf(resource.id, date)).blackout, false);

  await form().getByLabel('Close the days all the same; what is there stays').click();
  await button('Close the days', form()).click();
  await page.getByRole('row', { name: /Service/ }).waitFor();
  assert.equal((await reportOf(resource.id, date)).blackout, true);
  assert.equal((await reportOf(resource.id, date)).booked, 2);
  await look(page, 'admin-blackouts');

  const cell = await visitDay(date);
  assert.match(await cell.textContent(), /Closed, 2 booked, 1 held/);
  await look(page, 'admin-calendar-closed');
});

test('days are opened again when that is confirmed', async () => {
  const { id } = await madeResource();
  const date = workday(0);
  const reopen = button(`Open again: ${name} from ${date}`);
  await visit('/blackouts', 'Blackouts');
  await reopen.click();
  await look(page, 'admin-blackout-reopen', PROMPT);
  await button('Leave closed', prompt()).click();
  await gone(prompt());
  assert.equal((await reportOf(id, date)).blackout, true);
  await reopen.click();
  await button('Open again', prompt()).click();
  await page.getByText('No days are closed.').waitFor();
  assert.equal((await reportOf(id, date)).blackout, false);
});

const bookingRow = (date) =>
  page.getByRole('row', { name }).filter({
    hasText: written(date, { day: 'numeric', month: 'short', year: 'numeric' }),
  });

test('bookings are found by order and e-mail, and by resource and status', async () => {
  const { order } = (await admin(`/allocations?resource_id=${(await madeResource()).id}`))
    .allocations[0];
  await visit('/bookings', 'All bookings');
  await bookingRow(workday(0)).waitFor();
  await page.getByLabel('Search').fill('nobody@shop.test');
  await page.getByText('No bookings are to be found here.').waitFor();
  await look(page, 'admin-bookings-none-found');
  await page.getByLabel('Search').fill(String(order.display_id));
  const link = page.getByRole('link', { name: `Order #${order.display_id}`, exact: true });
  await link.waitFor();
  assert.equal(await page.getByRole('row', { name }).count(), 1);
  assert.equal(await link.getAttribute('href'), `/app/orders/${order.id}`);
  await page.getByLabel('Search').fill('guest@shop.test');
  await bookingRow(nextDay(workday(0))).waitFor();
  await choose('Status', 'Cancelled');
  await page.getByText('No bookings are to be found here.').waitFor();
  await choose('Status', 'All');
  await choose('Resource', 'Jimny');
  await page.getByText('No bookings are to be found here.').waitFor();
  await choose('Resource', name);
  await bookingRow(workday(0)).getByText('Confirmed').waitFor();
  await look(page, 'admin-bookings');
});

test('a booking is moved, as far as there are places', async () => {
  const { id } = await madeResource();
  const [date, full] = [workday(0), nextDay(workday(0))];
  await visit('/bookings', 'All bookings');
  await bookingRow(date).getByRole('button', { name: /^Move/ }).click();
  await look(page, 'admin-move', DIALOG);
  await form().getByLabel('New first day').fill(full);
  await button('Move', form()).click();
  await form().getByRole('alert').getByText('There are not enough places.').waitFor();
  await form().getByRole('alert').getByText('2 wanted, 0 free').waitFor();
  await look(page, 'admin-move-refused', DIALOG);
  assert.equal((await reportOf(id, date)).booked, 2);
  await form().getByLabel('New first day').fill(day(13));
  await form().getByLabel('Places').fill('3');
  await button('Move', form()).click();
  await gone(form());
  await bookingRow(day(13)).waitFor();
  assert.equal((await reportOf(id, date)).booked, 0);
  assert.equal((await reportOf(id, day(13))).booked, 3);
});

test('a booking is cancelled when that is confirmed', async () => {
  const { id } = await madeResource();
  const cancel = bookingRow(day(13)).getByRole('button', { name: /^Cancel/ });
  await visit('/bookings', 'All bookings');
  await cancel.click();
  await look(page, 'admin-cancel', PROMPT);
  await button('Keep it', prompt()).click();
  await gone(prompt());
  assert.equal((await reportOf(id, day(13))).booked, 3);
  await cancel.click();
  await button('Cancel the booking', prompt()).click();
  await bookingRow(day(13)).getByText('Cancelled').waitFor();
  assert.equal((await reportOf(id, day(13))).booked, 0);
});

test('a product is linked to a resource on its own page', async () => {
  const resource = await madeResource();
  const product = await shop.product();
  const linked = () =>
    admin(`/products/${product.id}/resource`).then((body) => body.resource?.id);
  const widget = page.getByRole('region', { name: 'Booking', exact: true });
  const WIDGET = ['[role=region][aria-label=Booking]'];
  await page.goto(`${shop.server.base}/app/products/${product.id}`);
  await widget.getByText('This product is not booked by the day.').waitFor();
  await widget.scrollIntoViewIfNeeded();
  await look(page, 'admin-product', WIDGET);
  await choose('Resource', name, widget);
  await button('Link', widget).click();
  await widget.getByText(`Booked on ${name}`).waitFor();
  await look(page, 'admin-product-linked', WIDGET);
  assert.equal(await linked(), resource.id);
  await button('Unlink', widget).click();
  await widget.getByText('This product is not booked by the day.').waitFor();
  assert.equal(await linked(), undefined);
});

/** Where the resources are. */
const todayThere = () =>
  new Intl.DateTimeFormat('en-CA', { timeZone: 'Australia/Brisbane' }).format(new Date());

test('the figures are those of the shop, and how full today is', async () => {
  const car = await resourceCalled('LandCruiser 79');
  await shop.order(car, [todayThere()], 1);
  const { hold } = await shop.store.ok('POST', '/store/resource-booking/holds', {
    resource_id: car.id,
    dates: [day(5)],
    quantity: 1,
    customer_email: 'late@shop.test',
  });
  expire(shop, hold.id);
  await shop.admin.ok('POST', '/admin/resource-booking/cleanup', {});
  await visit('/monitoring', 'Monitoring');
  const { metrics } = await admin('/metrics');
  assert.deepEqual(
    [metrics.holds_created, metrics.holds_confirmed, metrics.holds_expired],
    [5, 3, 1],
  );
  await page.getByText('Success rate').waitFor();
  const shown = await page.locator('dl > div').allInnerTexts();
  const figure = (title) => shown.find((text) => text.startsWith(title)).split(/\n+/).slice(1);
  assert.deepEqual(figure('Success rate'), ['75%', 'Holds that became bookings: 3']);
  assert.deepEqual(figure('Expiry rate'), ['25%', 'Holds that ran out of time: 1']);
  const mean = Math.round(10 * metrics.hold_to_confirm_mean_s) / 10;
  assert.equal(figure('Time to confirm')[0], `${mean} s`);
  const waits = [`${metrics.lock_waits}`, `Waited in vain: ${metrics.lock_timeouts}`];
  assert.deepEqual(figure('Lock waits'), waits);
  const row = page.getByRole('table', { name: 'Use today' }).getByRole('row', { name: car.name });
  const cells = await row.getByRole('cell').allInnerTexts();
  assert.deepEqual(cells.filter(Boolean), [car.name, '25%', '1', '0', '3']);
  await look(page, 'admin-monitoring');
});

/** Every request of the pages to the plugin's routes waits until it is told what to do. */
async function holdUp() {
  let answer;
  const waiting = [];
  const pattern = '**/admin/resource-booking/**';
  const settle = (route) => (answer === 'fail' ? route.abort() : route.continue());
  await page.route(pattern, (route) => (answer ? settle(route) : void waiting.push(route)));
  return {
    async now(what) {
      answer = what;
      await Promise.all(waiting.splice(0).map(settle));
    },
    end: () => page.unroute(pattern),
  };
}

const content = () =>
  page.locator('main table, main form').or(page.getByText('No days are closed.')).first();

for (const [path, title] of PAGES) {
  test(`${title} says that it is loading, that it failed, and tries again`, async (t) => {
    const requests = await holdUp();
    t.after(requests.end);
    await visit(path, title);
    await page.getByRole('status').getByText('Loading…').waitFor();
    await look(page, `admin-loading${path.replace('/', '-')}`);
    await requests.now('fail');
    await page.getByRole('alert').getByText('The shop does not answer.').waitFor();
    await look(page, `admin-failed${path.replace('/', '-')}`);
    await requests.now('go on');
    await button('Try again').click();
    await content().waitFor();
    assert.equal(await page.getByRole('alert').count(), 0);
  });
}

async function tour(suffix) {
  const { id } = await madeResource();
  const { blackout } = await shop.admin.ok('POST', '/admin/resource-booking/blackouts', {
    resource_id: id,
    start_date: day(6),
    end_date: day(9),
    reason: 'Road closed by the flood',
  });
  for (const [path, title] of PAGES) {
    await visit(path === '' || path === '/capacity' ? `${path}?resource_id=${id}` : path, title);
    await content().waitFor();
    await page.waitForLoadState('networkidle');
    await look(page, `admin${path.replace('/', '-') || '-calendar'}-${suffix}`);
  }
  await visitDay(nextDay(workday(0)));
  await cellOf(nextDay(workday(0))).click();
  await form().getByText('5 places booked').waitFor();
  await look(page, `admin-day-${suffix}`, DIALOG);
  await shop.admin.ok('DELETE', `/admin/resource-booking/blackouts/${blackout.id}`);
}

test('they can be read in the dark', async () => {
  await page.evaluate(() => localStorage.setItem('medusa_admin_theme', 'dark'));
  await tour('dark');
  assert.ok(await page.evaluate(() => document.documentElement.classList.contains('dark')));
  await page.evaluate(() => localStorage.setItem('medusa_admin_theme', 'light'));
});

test('they fit on a phone', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await tour('narrow');
  await fits(page);
  await page.setViewportSize({ width: 1440, height: 1000 });
});

test('without resources each page says where to make one, or that there is nothing', async () => {
  const { resources } = await admin('/resources');
  for (const { id } of resources) {
    await shop.admin.ok('DELETE', `/admin/resource-booking/resources/${id}`);
  }
  for (const [path, title] of PAGES.filter(([, title]) => title !== 'All bookings')) {
    await visit(path, title);
    const nothing = title === 'Blackouts' ? 'No days are closed.' : 'There are no resources yet.';
    await page.getByText(nothing).waitFor();
    await look(page, `admin-empty${path.replace('/', '-')}`);
  }
  await visit('', 'Booking calendar');
  await page.getByRole('link', { name: 'Create one' }).click();
  await heading('Resources').waitFor();
});

test('no page failed, nor asked another host', () => {
  assert.deepEqual(staff.faults, []);
});
