// Every route with no, another's, expired and admin credentials: an id is no authority.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { operations } from './openapi.mjs';
import { ADMIN, day, days, expire, psql, Shop } from './support.mjs';

const STORE = '/store/resource-booking';
const SECRET = 'x-resource-booking-secret';
const COOKIE = 'resource_booking_secret';

let shop;
before(async () => {
  shop = await Shop.open();
});
after(() => shop?.close());

/** A hold and what its owner has: { id, secret, path }. */
async function held(resource, headers = {}, from = 0) {
  const made = await shop.store.send(
    'POST',
    `${STORE}/holds`,
    { resource_id: resource.id, dates: [day(from)], quantity: 1 },
    headers,
  );
  assert.equal(made.status, 201);
  const { id } = made.body.hold;
  return {
    id,
    path: `${STORE}/holds/${id}`,
    secret: made.headers.get(SECRET),
    cookie: made.headers.getSetCookie().find((line) => line.startsWith(COOKIE)),
  };
}

async function customer() {
  const email = `customer${Math.random()}@shop.test`;
  const { token } = await shop.nobody.ok('POST', '/auth/customer/emailpass/register', {
    email,
    password: 'password',
  });
  const headers = { authorization: `Bearer ${token}` };
  await shop.store.ok('POST', '/store/customers', { email }, headers);
  const { token: signedIn } = await shop.nobody.ok('POST', '/auth/customer/emailpass', {
    email,
    password: 'password',
  });
  return { authorization: `Bearer ${signedIn}` };
}

/** What may be done with a hold, each as a way to ask for it. */
const ways = (path) => [
  ['GET', path],
  ['POST', `${path}/extend`, {}],
  ['DELETE', path],
];

/** For these credentials the hold is not there; what they are told is what anybody is told. */
async function notThere({ path }, headers, query = '') {
  for (const [method, at, body] of ways(path)) {
    const answer = await shop.store.refused(
      404,
      'HOLD_NOT_FOUND',
      method,
      at + query,
      body,
      headers,
    );
    const none = path.replace(/hold_\w+/, (id) => id.replace(/.{4}$/, '0000'));
    const [, other] = ways(none).find(
      ([m, to]) => m === method && to.endsWith(at.split('/').at(-1)),
    ) ?? [method, at.replace(path, none)];
    const missing = await shop.store.refused(
      404,
      'HOLD_NOT_FOUND',
      method,
      other + query,
      body,
      headers,
    );
    const hidden = (text) => JSON.stringify(text).replaceAll(/hold_\w+/g, 'hold_');
    assert.equal(hidden(answer.body), hidden(missing.body));
  }
}

describe('a hold that was made with a secret', () => {
  test('is not there without it, with another, or for staff and other customers', async () => {
    const resource = await shop.resource();
    const mine = await held(resource);
    const theirs = await held(resource, {}, 1);
    await notThere(mine, {});
    await notThere(mine, { [SECRET]: theirs.secret });
    await notThere(mine, { [SECRET]: `${mine.secret}x` });
    await notThere(mine, { authorization: shop.admin.headers.authorization });
    await notThere(mine, await customer());
    await notThere(mine, {}, `?cart_id=${(await shop.cart()).id}`);
    assert.equal(
      (await shop.store.ok('GET', mine.path, undefined, { [SECRET]: mine.secret })).hold.status,
      'ACTIVE',
    );
  });

  test('is not given away by its hash, which nobody is told', async () => {
    const resource = await shop.resource();
    const mine = await held(resource);
    const { hold } = await shop.admin.ok('GET', `/admin/resource-booking/holds/${mine.id}`);
    assert.equal(JSON.stringify(hold).includes('secret:'), false);
    assert.equal(JSON.stringify(hold).includes(mine.secret), false);
  });

  test('is gone with its secret when its time is over', async () => {
    const resource = await shop.resource();
    const mine = await held(resource);
    expire(shop, mine.id);
    const secret = { [SECRET]: mine.secret };
    await shop.store.refused(410, 'HOLD_EXPIRED', 'DELETE', mine.path, undefined, secret);
    await shop.store.refused(410, 'HOLD_EXPIRED', 'POST', `${mine.path}/extend`, {}, secret);
  });

  test('cannot be put into a cart without it', async () => {
    const resource = await shop.resource();
    const product = await shop.product(resource);
    const mine = await held(resource);
    const cart = await shop.cart();
    const path = `${STORE}/carts/${cart.id}/line-items`;
    const body = { variant_id: product.variants[0].id, hold_id: mine.id };
    await shop.store.refused(404, 'HOLD_NOT_FOUND', 'POST', path, body);
    await shop.store.refused(404, 'HOLD_NOT_FOUND', 'POST', path, body, {
      [SECRET]: (await held(resource, {}, 1)).secret,
    });
    await shop.store.ok('POST', path, body, { [SECRET]: mine.secret });
    // Nor into a second cart with it.
    const second = await shop.cart();
    await shop.store.refused(
      404,
      'HOLD_NOT_FOUND',
      'POST',
      `${STORE}/carts/${second.id}/line-items`,
      body,
      { [SECRET]: mine.secret },
    );
  });

  test('cannot be had for another resource', async () => {
    const [one, two] = [await shop.resource(), await shop.resource()];
    const mine = await held(one);
    const product = await shop.product(two);
    const cart = await shop.cart();
    await shop.store.refused(
      404,
      'HOLD_NOT_FOUND',
      'POST',
      `${STORE}/carts/${cart.id}/line-items`,
      { variant_id: product.variants[0].id, hold_id: mine.id },
      { [SECRET]: mine.secret },
    );
  });
});

describe('the cookie', () => {
  test('is one that scripts cannot read and other sites cannot send', async () => {
    const { cookie } = await held(await shop.resource());
    assert.match(cookie, /; HttpOnly/i);
    assert.match(cookie, /; SameSite=Lax/i);
    assert.match(cookie, /; Path=\/store\/resource-booking/i);
  });

  test('counts from the shop, and from storefronts that it lets in', async () => {
    const resource = await shop.resource();
    const mine = await held(resource);
    const cookie = mine.cookie.split(';')[0];
    const { host } = new URL(shop.server.base);
    for (const origin of [undefined, `http://${host}`, 'http://storefront.test']) {
      await shop.store.ok('GET', mine.path, undefined, { cookie, ...(origin && { origin }) });
    }
    await notThere(mine, { cookie, origin: 'http://evil.test' });
    await notThere(mine, { cookie, 'sec-fetch-site': 'cross-site' });
    await shop.store.ok('DELETE', mine.path, undefined, {
      cookie,
      origin: 'http://storefront.test',
    });
  });

  test('carries one secret for all holds of a shopper', async () => {
    const resource = await shop.resource();
    const first = await held(resource);
    const second = await held(resource, { cookie: first.cookie.split(';')[0] }, 1);
    assert.equal(second.secret, first.secret);
  });
});

describe('a hold of a signed-in customer', () => {
  test("is theirs by signing in, and nobody else's", async () => {
    const resource = await shop.resource();
    const [ada, bob] = [await customer(), await customer()];
    const mine = await held(resource, ada);
    assert.equal(mine.secret, null);
    await notThere(mine, {});
    await notThere(mine, bob);
    await notThere(mine, { authorization: 'Bearer not.a.token' });
    for (const [method, path, body] of ways(mine.path)) {
      await shop.store.ok(method, path, body, ada);
    }
  });
});

describe('a hold in a cart', () => {
  test("is its cart's, and no other's", async () => {
    const resource = await shop.resource();
    const product = await shop.product(resource);
    const [mine, other] = [await shop.cart(), await shop.cart()];
    const {
      holds: [hold],
    } = await shop.store.ok('POST', `${STORE}/carts/${mine.id}/line-items`, {
      variant_id: product.variants[0].id,
      dates: days(0, 1),
    });
    const path = `${STORE}/holds/${hold.id}`;
    await notThere({ path }, {});
    await notThere({ path }, {}, `?cart_id=${other.id}`);
    for (const [method, at, body] of ways(path)) {
      await shop.store.ok(method, `${at}?cart_id=${mine.id}`, body);
    }
  });
});

describe('confirming', () => {
  test('takes an order of its own cart with that line, for those days and no more', async () => {
    const resource = await shop.resource(9);
    const mine = await shop.order(resource, [day(0)]);
    const other = await shop.order(resource, [day(0)]);
    const [allocation] = await shop.allocationsOf(mine.order.id);
    const path = `${STORE}/holds/${allocation.hold_id}/confirm`;
    const loose = await held(resource);
    const line = (order) => ({ order_id: order.id, line_item_id: order.items[0].id });
    const refused = (at, body, headers) =>
      shop.store.refused(404, 'HOLD_NOT_FOUND', 'POST', at, body, headers);
    await refused(path, line(other.order));
    await refused(path, { ...line(mine.order), line_item_id: other.order.items[0].id });
    await refused(path, { ...line(mine.order), order_id: 'order_none' });
    await refused(path, { ...line(mine.order), line_item_id: mine.cart.id });
    // A hold that no cart has, even with its secret.
    await refused(`${loose.path}/confirm`, line(mine.order), { [SECRET]: loose.secret });
    await refused(`${loose.path}/confirm`, line(mine.order), shop.admin.headers);
    assert.equal((await shop.holdsOf(resource.id)).length, 1);
    await shop.store.ok('POST', path, line(mine.order));
  });

  test('takes a line for its own days, and no more than it is for', async () => {
    const resource = await shop.resource(9);
    const product = await shop.product(resource);
    const cart = await shop.cart();
    for (const from of [0, 1])
      await shop.store.ok('POST', `${STORE}/carts/${cart.id}/line-items`, {
        variant_id: product.variants[0].id,
        dates: [day(from)],
      });
    await shop.pay(cart.id);
    const { order } = (await shop.complete(cart.id)).body;
    const [one, two] = await shop.allocationsOf(order.id);
    shop.unbook(order, resource);
    const confirm = (holdId, { line_item_id }) => [
      'POST',
      `${STORE}/holds/${holdId}/confirm`,
      { order_id: order.id, line_item_id },
    ];
    await shop.store.refused(404, 'HOLD_NOT_FOUND', ...confirm(one.hold_id, two));
    // For the very days, but in no cart.
    const more = await held(resource, {}, one.dates[0] === day(0) ? 0 : 1);
    await shop.store.refused(404, 'HOLD_NOT_FOUND', ...confirm(more.id, one));
    assert.deepEqual(await shop.allocationsOf(order.id), []);
    await shop.store.ok(...confirm(one.hold_id, one));
    // In the cart, but the line has its place already.
    psql(
      `INSERT INTO cart_cart_resourcebooking_booking_hold (id, cart_id, booking_hold_id)
       VALUES ('one_more', '${cart.id}', '${more.id}')`,
      shop.database.name,
    );
    await shop.store.refused(404, 'HOLD_NOT_FOUND', ...confirm(more.id, one));
    assert.equal((await shop.allocationsOf(order.id)).length, 1);
  });
});

describe('what a shopper writes into a line', () => {
  const setUp = async () => {
    const resource = await shop.resource(1);
    const product = await shop.product(resource);
    return { resource, product, variant_id: product.variants[0].id, cart: await shop.cart() };
  };

  test("proves nothing: another's hold in it buys no places", async () => {
    const { resource, variant_id, cart } = await setUp();
    const theirs = await held(resource);
    await shop.store.refused(
      400,
      'INSUFFICIENT_CAPACITY',
      'POST',
      `/store/carts/${cart.id}/line-items`,
      { variant_id, quantity: 1, metadata: { dates: [day(0)], hold_id: theirs.id } },
    );
    assert.equal((await shop.holdsOf(resource.id)).length, 1);
  });

  test('must name days, and the days that it names are what is held', async () => {
    const { resource, variant_id, cart } = await setUp();
    const path = `/store/carts/${cart.id}/line-items`;
    for (const metadata of [undefined, {}, { dates: [] }, { dates: 'all' }, { dates: ['x'] }]) {
      await shop.store.refused(400, 'INVALID_ARGUMENT', 'POST', path, {
        variant_id,
        quantity: 1,
        metadata,
      });
    }
    const { cart: filled } = await shop.store.ok('POST', path, {
      variant_id,
      quantity: 1,
      metadata: { dates: [day(0)] },
    });
    await shop.store.ok('POST', `${path}/${filled.items[0].id}`, {
      quantity: 1,
      metadata: { dates: [day(3)] },
    });
    assert.deepEqual(
      (await shop.holdsOf(resource.id)).map((h) => h.dates),
      [[day(3)]],
    );
    await shop.store.refused(400, 'INVALID_ARGUMENT', 'POST', `${path}/${filled.items[0].id}`, {
      quantity: 1,
      metadata: { dates: '' },
    });
  });
});

describe("staff's routes", () => {
  const adminOperations = operations.filter(({ path }) => path.startsWith('/admin/'));

  test('are for staff: nobody, shoppers, customers and made-up tokens get 401', async () => {
    const signedIn = await customer();
    const credentials = [
      {},
      shop.store.headers,
      signedIn,
      { authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x' },
      { authorization: 'Basic c2tfbm9uZTo=' },
    ];
    assert.ok(adminOperations.length > 25);
    for (const { method, path } of adminOperations) {
      const at = path.replace(/\{\w+\}/g, 'some_id');
      for (const headers of credentials) {
        const answer = await shop.nobody.send(
          method,
          at,
          method === 'GET' ? undefined : {},
          headers,
        );
        assert.equal(answer.status, 401, `${method} ${at} ${JSON.stringify(headers)}`);
      }
    }
  });

  test('open to a secret API key too', async () => {
    const { api_key } = await shop.admin.ok('POST', '/admin/api-keys', {
      title: 'robot',
      type: 'secret',
    });
    const basic = Buffer.from(`${api_key.token}:`).toString('base64');
    await shop.nobody.ok('GET', '/admin/resource-booking/verify', undefined, {
      authorization: `Basic ${basic}`,
    });
  });

  test('end with the session that opened them', async () => {
    const { token } = await shop.nobody.ok('POST', '/auth/user/emailpass', ADMIN);
    const session = await shop.nobody.send(
      'POST',
      '/auth/session',
      {},
      { authorization: `Bearer ${token}` },
    );
    const cookie = session.headers.getSetCookie()[0].split(';')[0];
    await shop.nobody.ok('GET', '/admin/resource-booking/holds', undefined, { cookie });
    await shop.nobody.ok('DELETE', '/auth/session', undefined, { cookie });
    const { status } = await shop.nobody.send('GET', '/admin/resource-booking/holds', undefined, {
      cookie,
    });
    assert.equal(status, 401);
  });
});

describe("the store's routes", () => {
  test('want a publishable key of the shop', async () => {
    for (const { method, path } of operations.filter((o) => o.path.startsWith('/store/'))) {
      const at = path.replace(/\{\w+\}/g, 'some_id');
      for (const headers of [{}, { 'x-publishable-api-key': 'pk_none' }]) {
        const { status } = await shop.nobody.send(
          method,
          at,
          method === 'GET' ? undefined : {},
          headers,
        );
        assert.equal(status, 400, `${method} ${at}`);
      }
    }
  });
});
