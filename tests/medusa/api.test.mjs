// Every route, asked as it is meant and as it is not, each answer held against openapi.yaml.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CheckedClient, unasked } from './openapi.mjs';
import { day, days, expire, Shop } from './support.mjs';

const STORE = '/store/resource-booking';
const ADMIN = '/admin/resource-booking';
const SECRET = 'x-resource-booking-secret';

let shop;
let store;
let admin;
before(async () => {
  shop = await Shop.open({
    booking: { limits: { rangeDays: 90, resources: 3, holdsPerCustomer: 4 } },
  });
  store = shop.store = new CheckedClient(shop.server.base, shop.store.headers);
  admin = shop.admin = new CheckedClient(shop.server.base, shop.admin.headers);
});
after(() => shop?.close());

const hold = (resource, from = 0, count = 1, more = {}) => ({
  resource_id: resource.id,
  dates: days(from, count),
  quantity: 1,
  ...more,
});
const NO_RESOURCE = 'res_01JD5R3M8ZQ0V6C1T4N7XK2YBE';
const available = (id, start, end) =>
  `${STORE}/availability?resource_id=${id}&start_date=${start}&end_date=${end}`;
const token = () => `token-${Math.random()}`;

describe('availability', () => {
  test('shows each day of the range, what is left and why it is not to be had', async () => {
    const resource = await shop.resource(3);
    await store.ok('POST', `${STORE}/holds`, hold(resource, 1, 1, { quantity: 3 }));
    await admin.ok('POST', `${ADMIN}/blackouts`, {
      resource_id: resource.id,
      start_date: day(2),
      end_date: day(2),
      reason: 'service',
    });
    const { available_dates } = await store.ok(
      'GET',
      `${available(resource.id, day(0), day(3))}&quantity=2`,
    );
    assert.deepEqual(available_dates, [
      { date: day(0), max_capacity: 3, available_capacity: 3, is_available: true, reason: null },
      {
        date: day(1),
        max_capacity: 3,
        available_capacity: 0,
        is_available: false,
        reason: 'SOLD_OUT',
      },
      {
        date: day(2),
        max_capacity: 3,
        available_capacity: 3,
        is_available: false,
        reason: 'BLACKOUT',
      },
      { date: day(3), max_capacity: 3, available_capacity: 3, is_available: true, reason: null },
    ]);
  });

  test('names the field of a query that cannot be asked', async () => {
    const resource = await shop.resource();
    const path = `${STORE}/availability?resource_id=${resource.id}`;
    const wrong = {
      start_date: `${path}&end_date=${day(1)}`,
      end_date: `${path}&start_date=${day(0)}&end_date=2027-1-1`,
      quantity: `${path}&start_date=${day(0)}&end_date=${day(1)}&quantity=0`,
      colour: `${path}&start_date=${day(0)}&end_date=${day(1)}&colour=red`,
    };
    for (const [field, query] of Object.entries(wrong)) {
      const { body } = await store.refused(400, 'INVALID_ARGUMENT', 'GET', query);
      assert.equal(body.details.field, field);
    }
    await store.refused(
      400,
      'INVALID_ARGUMENT',
      'GET',
      `${path}&start_date=2027-02-30&end_date=2027-03-01`,
    );
    await store.refused(404, 'RESOURCE_NOT_FOUND', 'GET', available(NO_RESOURCE, day(0), day(1)));
  });

  test('is bounded by the limits of the shop', async () => {
    const resource = await shop.resource();
    await store.refused(
      400,
      'INVALID_ARGUMENT',
      'GET',
      `${STORE}/availability?resource_id=${resource.id}&start_date=${day(0)}&end_date=${day(90)}`,
    );
    await store.refused(
      400,
      'INVALID_ARGUMENT',
      'GET',
      `${STORE}/search?resource_ids=a,b,c,d&start_date=${day(0)}&end_date=${day(1)}`,
    );
  });
});

describe('search', () => {
  test('offers the days on which a stay can start', async () => {
    const [one, two] = [await shop.resource(2), await shop.resource(2)];
    await store.ok('POST', `${STORE}/holds`, hold(one, 2, 1, { quantity: 2 }));
    const { resources } = await store.ok(
      'GET',
      `${STORE}/search?resource_ids=${one.id},${two.id}` +
        `&start_date=${day(0)}&end_date=${day(4)}&quantity=2&consecutive_days=2`,
    );
    const starts = Object.fromEntries(resources.map((r) => [r.resource_id, r.start_dates]));
    assert.deepEqual(starts[one.id], [day(0), day(3)]);
    assert.deepEqual(starts[two.id], days(0, 4));
  });

  test('finds by type, and wants a type or ids', async () => {
    const resource = await shop.resource(1, { type: 'BOAT' });
    const range = `start_date=${day(0)}&end_date=${day(1)}`;
    const { resources } = await store.ok('GET', `${STORE}/search?type=BOAT&${range}`);
    assert.deepEqual(
      resources.map((r) => r.resource_id),
      [resource.id],
    );
    assert.deepEqual(await store.ok('GET', `${STORE}/search?type=SHIP&${range}`), {
      resources: [],
    });
    await store.refused(400, 'INVALID_ARGUMENT', 'GET', `${STORE}/search?${range}`);
    await store.refused(
      400,
      'INVALID_ARGUMENT',
      'GET',
      `${STORE}/search?type=BOAT&resource_ids=${resource.id}&${range}`,
    );
  });
});

describe('what can be booked', () => {
  test('is listed without what staff keep in metadata', async () => {
    const resource = await shop.resource(1, { type: 'CAVE', metadata: { supplier: 'secret' } });
    const { resources, next } = await store.ok('GET', `${STORE}/resources?type=CAVE`);
    assert.equal(next, null);
    assert.deepEqual(resources, [
      {
        id: resource.id,
        type: 'CAVE',
        name: resource.name,
        description: '',
        timezone: 'Australia/Brisbane',
      },
    ]);
  });

  test('is found by its product and by its variant', async () => {
    const [one, two] = [await shop.resource(), await shop.resource()];
    const product = await shop.product(one);
    const [variant] = product.variants;
    const found = async (query) =>
      (await store.ok('GET', `${STORE}/resources?${query}`)).resources.map(({ id }) => id);
    assert.deepEqual(await found(`product_id=${product.id}`), [one.id]);
    assert.deepEqual(await found(`variant_id=${variant.id}`), [one.id]);
    await admin.ok('POST', `${ADMIN}/variants/${variant.id}/resource`, { resource_id: two.id });
    assert.deepEqual(await found(`variant_id=${variant.id}`), [two.id]);
    assert.deepEqual(await found('product_id=prod_none'), []);
    await admin.ok('PUT', `${ADMIN}/resources/${one.id}`, { is_active: false });
    assert.deepEqual(await found(`product_id=${product.id}`), []);
  });
});

describe('a hold', () => {
  test('takes places, is read, extended and released with its secret', async () => {
    const resource = await shop.resource(2);
    const made = await store.send(
      'POST',
      `${STORE}/holds`,
      hold(resource, 0, 2, { customer_email: 'ada@example.com', idempotency_token: token() }),
    );
    assert.equal(made.status, 201);
    const { hold: held } = made.body;
    assert.deepEqual(
      [held.status, held.dates, held.quantity, held.customer_email],
      ['ACTIVE', days(0, 2), 1, 'ada@example.com'],
    );
    assert.deepEqual(await shop.left(resource.id, 0, 3), [1, 1, 2]);
    const mine = { [SECRET]: made.headers.get(SECRET) };
    const path = `${STORE}/holds/${held.id}`;
    assert.deepEqual((await store.ok('GET', path, undefined, mine)).hold, held);
    const { hold: longer } = await store.ok('POST', `${path}/extend`, {}, mine);
    assert.ok(longer.expires_at >= held.expires_at);
    assert.equal((await store.ok('DELETE', path, undefined, mine)).hold.status, 'RELEASED');
    assert.equal((await store.ok('DELETE', path, undefined, mine)).hold.status, 'RELEASED');
    assert.deepEqual(await shop.left(resource.id, 0, 3), [2, 2, 2]);
    await store.refused(410, 'HOLD_RELEASED', 'POST', `${path}/extend`, {}, mine);
  });

  test('is made once by a token, and another request with it is a mismatch', async () => {
    const resource = await shop.resource(5);
    const mine = { [SECRET]: 'a secret of my own' };
    const body = hold(resource, 0, 1, { idempotency_token: token() });
    const first = await store.send('POST', `${STORE}/holds`, body, mine);
    const again = await store.send('POST', `${STORE}/holds`, body, mine);
    assert.deepEqual([first.status, again.status], [201, 200]);
    assert.equal(again.body.hold.id, first.body.hold.id);
    assert.equal(again.body.replayed, true);
    assert.deepEqual(await shop.left(resource.id, 0, 1), [4]);
    await store.refused(
      422,
      'IDEMPOTENCY_MISMATCH',
      'POST',
      `${STORE}/holds`,
      { ...body, quantity: 2 },
      mine,
    );
    await store.refused(422, 'IDEMPOTENCY_MISMATCH', 'POST', `${STORE}/holds`, body, {
      [SECRET]: "somebody else's secret",
    });
  });

  test('says which days are sold out and what is left of them', async () => {
    const resource = await shop.resource(2);
    const { body } = await store.refused(
      409,
      'INSUFFICIENT_CAPACITY',
      'POST',
      `${STORE}/holds`,
      hold(resource, 0, 2, { quantity: 3 }),
    );
    assert.deepEqual(
      body.details.days,
      days(0, 2).map((date) => ({
        resource_id: resource.id,
        date,
        requested: 3,
        available_capacity: 2,
      })),
    );
  });

  test('is refused on days that are blacked out, without places, past, or of nothing', async () => {
    const resource = await shop.resource();
    await admin.ok('POST', `${ADMIN}/blackouts`, {
      resource_id: resource.id,
      start_date: day(5),
      end_date: day(6),
    });
    await store.refused(409, 'BLACKOUT', 'POST', `${STORE}/holds`, hold(resource, 4, 2));
    await store.refused(409, 'NO_CAPACITY_SET', 'POST', `${STORE}/holds`, hold(resource, 300));
    await store.refused(400, 'DATE_IN_PAST', 'POST', `${STORE}/holds`, hold(resource, -9));
    await store.refused(
      404,
      'RESOURCE_NOT_FOUND',
      'POST',
      `${STORE}/holds`,
      hold({ id: NO_RESOURCE }),
    );
    await admin.ok('PUT', `${ADMIN}/resources/${resource.id}`, { is_active: false });
    await store.refused(409, 'RESOURCE_INACTIVE', 'POST', `${STORE}/holds`, hold(resource));
  });

  test('is refused with the name of the field that is wrong', async () => {
    const resource = await shop.resource();
    const good = hold(resource);
    const wrong = [
      ['resource_id', { ...good, resource_id: undefined }],
      ['dates', { ...good, dates: [] }],
      ['dates[0]', { ...good, dates: ['tomorrow'] }],
      ['quantity', { ...good, quantity: 0 }],
      ['quantity', { ...good, quantity: '1' }],
      ['customer_email', { ...good, customer_email: 'ada' }],
      ['ttl', { ...good, ttl: 1 }],
      ['holder', { ...good, holder: 'me' }],
    ];
    for (const [field, body] of wrong) {
      const answer = await store.refused(400, 'INVALID_ARGUMENT', 'POST', `${STORE}/holds`, body);
      assert.equal(answer.body.details.field, field);
    }
    await store.refused(400, 'INVALID_ARGUMENT', 'POST', `${STORE}/holds`, good, {
      [SECRET]: 'short',
    });
    await store.refused(400, 'INVALID_ARGUMENT', 'POST', `${STORE}/holds`, {
      ...good,
      dates: [day(0), day(0)],
    });
  });

  test('is gone when its time is over, and its places are free', async () => {
    const resource = await shop.resource(1);
    const made = await store.send('POST', `${STORE}/holds`, hold(resource));
    const mine = { [SECRET]: made.headers.get(SECRET) };
    const { id } = made.body.hold;
    expire(shop, id);
    assert.deepEqual(await shop.left(resource.id, 0, 1), [1]);
    assert.equal(
      (await store.ok('GET', `${STORE}/holds/${id}`, undefined, mine)).hold.status,
      'EXPIRED',
    );
    await store.refused(410, 'HOLD_EXPIRED', 'POST', `${STORE}/holds/${id}/extend`, {}, mine);
    await store.refused(410, 'HOLD_EXPIRED', 'DELETE', `${STORE}/holds/${id}`, undefined, mine);
    await shop.sound();
  });

  test('is one too many for a customer with as many as the shop allows', async () => {
    const resource = await shop.resource(9);
    const body = (at) =>
      hold(resource, at, 1, {
        customer_email: 'many@example.com',
        idempotency_token: `many-${at}`,
      });
    const mine = { [SECRET]: 'a secret of many holds' };
    for (let at = 0; at < 4; at++) await store.ok('POST', `${STORE}/holds`, body(at), mine);
    const { headers } = await store.refused(
      429,
      'TOO_MANY_HOLDS',
      'POST',
      `${STORE}/holds`,
      body(4),
      mine,
    );
    assert.ok(Number(headers.get('retry-after')) > 0);
    // Repeating what was made is not one more.
    assert.equal((await store.ok('POST', `${STORE}/holds`, body(3), mine)).replayed, true);
  });
});

describe('a group of holds', () => {
  test('is all or none', async () => {
    const [one, two] = [await shop.resource(2), await shop.resource(1)];
    const items = [hold(one, 0, 2), hold(two)];
    const { holds, group_id } = await store.ok('POST', `${STORE}/hold-groups`, { items });
    assert.deepEqual(
      holds.map((h) => h.resource_id),
      [one.id, two.id],
    );
    assert.ok(holds.every((h) => h.group_id === group_id));
    await store.refused(409, 'INSUFFICIENT_CAPACITY', 'POST', `${STORE}/hold-groups`, { items });
    assert.deepEqual(await shop.left(one.id, 0, 1), [1]);
    const { body } = await store.refused(400, 'INVALID_ARGUMENT', 'POST', `${STORE}/hold-groups`, {
      items: [items[0], { ...items[1], quantity: 0 }],
    });
    assert.equal(body.details.field, 'items[1].quantity');
  });

  test('counts as many holds', async () => {
    const resource = await shop.resource(9);
    const items = Array.from({ length: 5 }, (_, at) => hold(resource, at));
    const body = { items, customer_email: 'group@example.com' };
    await store.refused(429, 'TOO_MANY_HOLDS', 'POST', `${STORE}/hold-groups`, body);
    assert.deepEqual(await shop.left(resource.id, 0, 1), [9]);
    body.items = items.slice(0, 4);
    assert.equal((await store.ok('POST', `${STORE}/hold-groups`, body)).holds.length, 4);
  });
});

describe('resources, for staff', () => {
  test('are made, shown, changed, deleted and restored', async () => {
    const fields = {
      type: 'VEHICLE',
      name: 'Troopy',
      description: 'Old',
      metadata: { wheels: 4 },
      timezone: 'Australia/Perth',
      is_active: true,
      idempotency_token: token(),
    };
    const made = await admin.send('POST', `${ADMIN}/resources`, fields);
    assert.equal(made.status, 201);
    const { resource } = made.body;
    assert.deepEqual([resource.timezone, resource.metadata], ['Australia/Perth', { wheels: 4 }]);
    assert.equal((await admin.send('POST', `${ADMIN}/resources`, fields)).status, 200);
    const path = `${ADMIN}/resources/${resource.id}`;
    const { resource: changed } = await admin.ok('PUT', path, { name: 'Troop carrier' });
    assert.deepEqual([changed.name, changed.description], ['Troop carrier', 'Old']);
    assert.ok((await admin.ok('DELETE', path)).resource.deleted_at);
    assert.ok((await admin.ok('GET', path)).resource.deleted_at);
    assert.equal((await admin.ok('POST', `${path}/restore`)).resource.deleted_at, null);
    await admin.refused(404, 'RESOURCE_NOT_FOUND', 'GET', `${ADMIN}/resources/${NO_RESOURCE}`);
    await admin.refused(400, 'INVALID_ARGUMENT', 'POST', `${ADMIN}/resources`, {
      type: 'lower',
      name: 'x',
    });
  });

  test('are listed by type, text and state, page by page', async () => {
    const names = ['Alpha', 'Beta', 'Gamma'];
    for (const name of names) await shop.resource(1, { type: 'SHELF', name });
    const list = (query) => admin.ok('GET', `${ADMIN}/resources?${query}`);
    const first = await list('type=SHELF&limit=2');
    const rest = await list(`type=SHELF&limit=2&after=${encodeURIComponent(first.next)}`);
    assert.deepEqual(
      [...first.resources, ...rest.resources].map((r) => r.name),
      names,
    );
    assert.equal(rest.next, null);
    assert.deepEqual(
      (await list('type=SHELF&q=bet')).resources.map((r) => r.name),
      ['Beta'],
    );
    assert.deepEqual((await list('type=SHELF&is_active=false')).resources, []);
    await admin.ok('DELETE', `${ADMIN}/resources/${first.resources[0].id}`);
    assert.equal((await list('type=SHELF')).resources.length, 2);
    assert.equal((await list('type=SHELF&include_deleted=true')).resources.length, 3);
  });

  test('are linked to products and variants, several to one', async () => {
    const resource = await shop.resource();
    const [one, two] = [await shop.product(resource), await shop.product(resource)];
    const three = await shop.product(resource, { of: 'variant' });
    const linked = await admin.ok('GET', `${ADMIN}/resources/${resource.id}/products`);
    assert.deepEqual(linked.products.map(({ id }) => id).sort(), [one.id, two.id].sort());
    assert.deepEqual(
      linked.variants.map(({ id }) => id),
      [three.variants[0].id],
    );
    const path = `${ADMIN}/products/${one.id}/resource`;
    assert.equal((await admin.ok('GET', path)).resource.id, resource.id);
    const other = await shop.resource();
    assert.equal((await admin.ok('POST', path, { resource_id: other.id })).resource.id, other.id);
    assert.equal((await admin.ok('DELETE', path)).resource, null);
    const variant = `${ADMIN}/variants/${three.variants[0].id}/resource`;
    assert.equal((await admin.ok('GET', variant)).resource.id, resource.id);
    assert.equal((await admin.ok('DELETE', variant)).resource, null);
    await admin.refused(404, 'PRODUCT_NOT_FOUND', 'GET', `${ADMIN}/products/prod_none/resource`);
    await admin.refused(
      404,
      'VARIANT_NOT_FOUND',
      'POST',
      `${ADMIN}/variants/variant_none/resource`,
      { resource_id: resource.id },
    );
    await admin.refused(404, 'RESOURCE_NOT_FOUND', 'POST', path, { resource_id: NO_RESOURCE });
  });
});

describe('capacity, for staff', () => {
  test('is set for a range and weekdays, kept or replaced where it is there', async () => {
    const { resource } = await admin.ok('POST', `${ADMIN}/resources`, {
      type: 'TOUR',
      name: 'Weekly',
    });
    const set = (more) =>
      admin.ok('POST', `${ADMIN}/capacity/initialize`, {
        resource_id: resource.id,
        start_date: day(0),
        end_date: day(13),
        daily_capacity: 4,
        ...more,
      });
    assert.deepEqual(await set({ weekdays: [6, 7] }), {
      days_created: 4,
      days_changed: 0,
      replayed: false,
    });
    assert.deepEqual(await set({}), { days_created: 10, days_changed: 0, replayed: false });
    assert.deepEqual(await set({ daily_capacity: 6, on_existing: 'replace' }), {
      days_created: 0,
      days_changed: 14,
      replayed: false,
    });
    await admin.refused(400, 'INVALID_ARGUMENT', 'POST', `${ADMIN}/capacity/initialize`, {
      resource_id: resource.id,
      start_date: day(2),
      end_date: day(1),
      daily_capacity: 1,
    });
  });

  test('is adjusted, and never below what is taken', async () => {
    const resource = await shop.resource(3);
    await store.ok('POST', `${STORE}/holds`, hold(resource, 0, 1, { quantity: 2 }));
    const adjust = { resource_id: resource.id, dates: days(0, 2), delta: -2 };
    const { body } = await admin.refused(
      409,
      'CAPACITY_BELOW_BOOKED',
      'POST',
      `${ADMIN}/capacity/adjust`,
      adjust,
    );
    assert.deepEqual(
      body.details.days.map(({ date }) => date),
      [day(0)],
    );
    const { capacities } = await admin.ok('POST', `${ADMIN}/capacity/adjust`, {
      ...adjust,
      delta: -1,
    });
    assert.deepEqual(
      capacities.map((c) => [c.date, c.max_capacity, c.available_capacity]),
      [
        [day(0), 2, 0],
        [day(1), 2, 2],
      ],
    );
  });

  test('is reported: held, booked, free, blacked out', async () => {
    const resource = await shop.resource(4);
    await shop.order(resource, [day(0)], 1);
    await store.ok('POST', `${STORE}/holds`, hold(resource, 0, 1, { quantity: 2 }));
    await admin.ok('POST', `${ADMIN}/blackouts`, {
      resource_id: resource.id,
      start_date: day(1),
      end_date: day(1),
    });
    const { report } = await admin.ok(
      'GET',
      `${ADMIN}/capacity/report?resource_id=${resource.id}` +
        `&start_date=${day(0)}&end_date=${day(1)}`,
    );
    assert.deepEqual(report.days, [
      {
        date: day(0),
        max_capacity: 4,
        available_capacity: 1,
        held: 2,
        booked: 1,
        blackout: false,
        utilisation: 0.75,
      },
      {
        date: day(1),
        max_capacity: 4,
        available_capacity: 4,
        held: 0,
        booked: 0,
        blackout: true,
        utilisation: 0,
      },
    ]);
    assert.deepEqual([report.held, report.booked, report.max_capacity], [2, 1, 8]);
  });
});

describe('blackouts, for staff', () => {
  test('are refused over what is held and booked, listed before, kept on request', async () => {
    const resource = await shop.resource(4);
    const { order } = await shop.order(resource, [day(1)]);
    const made = await store.ok('POST', `${STORE}/holds`, hold(resource, 2));
    const range = { resource_id: resource.id, start_date: day(0), end_date: day(3) };
    const query = new URLSearchParams(range);
    const inside = await admin.ok('GET', `${ADMIN}/blackouts/conflicts?${query}`);
    assert.deepEqual(
      inside.holds.map(({ id }) => id),
      [made.hold.id],
    );
    assert.deepEqual(
      inside.allocations.map((a) => a.order_id),
      [order.id],
    );
    const { body } = await admin.refused(
      409,
      'BLACKOUT_CONFLICT',
      'POST',
      `${ADMIN}/blackouts`,
      range,
    );
    assert.deepEqual(
      [body.details.holds, body.details.allocations],
      [inside.holds, inside.allocations],
    );
    const { blackout, holds } = await admin.ok('POST', `${ADMIN}/blackouts`, {
      ...range,
      on_conflict: 'keep',
      reason: 'flood',
    });
    assert.equal(holds.length, 1);
    const listed = await admin.ok(
      'GET',
      `${ADMIN}/blackouts?resource_id=${resource.id}&start_date=${day(0)}&end_date=${day(9)}`,
    );
    assert.deepEqual(listed.blackouts, [blackout]);
    assert.ok((await admin.ok('DELETE', `${ADMIN}/blackouts/${blackout.id}`)).blackout.deleted_at);
    await admin.refused(
      404,
      'BLACKOUT_NOT_FOUND',
      'DELETE',
      `${ADMIN}/blackouts/${made.hold.id.replace('hold_', 'blk_')}`,
    );
  });
});

describe('holds and bookings, for staff', () => {
  test('a hold is listed, shown, extended, moved and released without its secret', async () => {
    const resource = await shop.resource(2);
    const { hold: made } = await store.ok(
      'POST',
      `${STORE}/holds`,
      hold(resource, 0, 1, { customer_email: 'bob@example.com', idempotency_token: token() }),
    );
    const listed = await admin.ok(
      'GET',
      `${ADMIN}/holds?customer_email=bob@example.com&status=ACTIVE`,
    );
    assert.deepEqual(
      listed.holds.map(({ id }) => id),
      [made.id],
    );
    assert.equal('holder' in listed.holds[0], false);
    const path = `${ADMIN}/holds/${made.id}`;
    assert.deepEqual((await admin.ok('GET', path)).hold.id, made.id);
    const { hold: longer } = await admin.ok('POST', `${path}/extend`, { minutes: 90 });
    assert.ok(new Date(longer.expires_at) - Date.now() > 80 * 60 * 1000);
    assert.deepEqual(
      (await admin.ok('POST', `${path}/move`, { dates: days(3, 2) })).hold.dates,
      days(3, 2),
    );
    await admin.refused(409, 'INSUFFICIENT_CAPACITY', 'POST', `${path}/move`, {
      dates: days(3, 2),
      quantity: 3,
    });
    await admin.refused(409, 'HOLD_LIFETIME_EXCEEDED', 'POST', `${path}/extend`, {
      minutes: 24 * 60 + 1,
    });
    assert.equal((await admin.ok('DELETE', path)).hold.status, 'RELEASED');
  });

  test('a booking is found by order, number and e-mail, moved, and cancelled once', async () => {
    const resource = await shop.resource(2);
    const { order } = await shop.order(resource, [day(0)], 2);
    const [allocation] = await shop.allocationsOf(order.id);
    assert.deepEqual(allocation.order, {
      id: order.id,
      display_id: order.display_id,
      email: 'guest@shop.test',
    });
    for (const q of [order.id, order.display_id, 'guest@shop.test']) {
      const { allocations } = await admin.ok(
        'GET',
        `${ADMIN}/allocations?resource_id=${resource.id}&q=${q}`,
      );
      assert.deepEqual(
        allocations.map(({ id }) => id),
        [allocation.id],
      );
    }
    assert.deepEqual(
      (await admin.ok('GET', `${ADMIN}/allocations?q=nobody@shop.test`)).allocations,
      [],
    );
    const path = `${ADMIN}/allocations/${allocation.id}`;
    const { allocation: moved } = await admin.ok('POST', `${path}/move`, { dates: [day(4)] });
    assert.deepEqual(moved.dates, [day(4)]);
    assert.deepEqual(await shop.left(resource.id, 0, 1), [2]);
    const {
      allocations: [cancelled],
    } = await admin.ok('POST', `${path}/cancel`);
    assert.equal(cancelled.status, 'CANCELLED');
    await admin.ok('POST', `${path}/cancel`);
    assert.deepEqual(await shop.left(resource.id, 4, 1), [2]);
    await admin.refused(409, 'ALREADY_CANCELLED', 'POST', `${path}/move`, { dates: [day(5)] });
    await admin.refused(404, 'ALLOCATION_NOT_FOUND', 'POST', `${ADMIN}/allocations/cancel`, {
      order_id: 'order_none',
    });
    const again = await admin.ok('POST', `${ADMIN}/allocations/cancel`, { order_id: order.id });
    assert.deepEqual(
      again.allocations.map((a) => a.status),
      ['CANCELLED'],
    );
  });
});

describe('housekeeping, for staff', () => {
  test('records expired holds, removes old rows and e-mails, verifies the tables', async () => {
    const resource = await shop.resource(1);
    const { hold: made } = await store.ok(
      'POST',
      `${STORE}/holds`,
      hold(resource, 0, 1, { customer_email: 'gone@example.com' }),
    );
    expire(shop, made.id);
    const { holds_expired } = await admin.ok('POST', `${ADMIN}/cleanup`, {});
    assert.ok(holds_expired >= 1);
    const pruned = await admin.ok('POST', `${ADMIN}/prune`, {
      older_than_hours: 24 * 30,
      erase_customer_email: 'gone@example.com',
    });
    assert.equal(pruned.emails_erased, 1);
    await admin.refused(400, 'INVALID_ARGUMENT', 'POST', `${ADMIN}/prune`, { older_than_hours: 1 });
    const verified = await admin.ok('GET', `${ADMIN}/verify`);
    assert.deepEqual(verified.violations, []);
    assert.ok(verified.holds > 0);
  });

  test('counters come as JSON and for Prometheus, with what they come to', async () => {
    const resource = await shop.resource(1);
    const { metrics } = await admin.ok('GET', `${ADMIN}/metrics?resource_ids=${resource.id}`);
    assert.equal(metrics.use[0].resource_id, resource.id);
    assert.ok(metrics.holds_created > 0);
    assert.ok(metrics.success_rate > 0 && metrics.success_rate < 1);
    const text = await admin.ok('GET', `${ADMIN}/metrics/prometheus`);
    assert.match(text, /^holdfast_holds_created_total \d+$/m);
  });
});

describe('a cart, through its own routes', () => {
  test('takes a hold or days, and shows its holds', async () => {
    const resource = await shop.resource(5);
    const product = await shop.product(resource);
    const variant_id = product.variants[0].id;
    const cart = await shop.cart();
    const path = `${STORE}/carts/${cart.id}`;
    const made = await store.send('POST', `${STORE}/holds`, hold(resource, 0, 2, { quantity: 2 }));
    const mine = { [SECRET]: made.headers.get(SECRET) };
    const { cart: withHold, holds } = await store.ok(
      'POST',
      `${path}/line-items`,
      { variant_id, hold_id: made.body.hold.id },
      mine,
    );
    assert.deepEqual(
      holds.map(({ id }) => id),
      [made.body.hold.id],
    );
    assert.deepEqual(
      withHold.items.map((i) => [i.quantity, i.metadata]),
      [[2, { dates: days(0, 2) }]],
    );
    await store.ok('POST', `${path}/line-items`, { variant_id, dates: [day(9)] });
    assert.equal((await store.ok('GET', `${path}/holds`)).holds.length, 2);
    await store.refused(400, 'INVALID_ARGUMENT', 'POST', `${path}/line-items`, { variant_id });
    await store.refused(404, 'CART_NOT_FOUND', 'GET', `${STORE}/carts/cart_none/holds`);
    await store.refused(404, 'CART_NOT_FOUND', 'POST', `${STORE}/carts/cart_none/line-items`, {
      variant_id,
      dates: [day(9)],
    });
    const plain = await shop.product();
    await store.refused(409, 'VARIANT_NOT_BOOKABLE', 'POST', `${path}/line-items`, {
      variant_id: plain.variants[0].id,
      dates: [day(9)],
    });
    await store.refused(409, 'INSUFFICIENT_CAPACITY', 'POST', `${path}/line-items`, {
      variant_id,
      dates: [day(9)],
      quantity: 5,
    });
  });

  test('confirming again by hand is the same booking', async () => {
    const resource = await shop.resource(5);
    const { cart, order } = await shop.order(resource, [day(0)]);
    const [allocation] = await shop.allocationsOf(order.id);
    const { order: _order, ...expected } = allocation;
    const confirmed = await store.ok('POST', `${STORE}/holds/${allocation.hold_id}/confirm`, {
      order_id: order.id,
      line_item_id: order.items[0].id,
    });
    assert.deepEqual(confirmed.allocation, expected);
    await store.refused(409, 'CART_COMPLETED', 'POST', `${STORE}/carts/${cart.id}/line-items`, {
      variant_id: order.items[0].variant_id,
      dates: [day(1)],
    });
    await store.refused(
      409,
      'ALREADY_CONFIRMED',
      'DELETE',
      `${STORE}/holds/${allocation.hold_id}?cart_id=${cart.id}`,
    );
  });
});

test('every operation of openapi.yaml has been asked', () => {
  assert.deepEqual(unasked(), []);
});
