// From the cart to the paid order, and back: what is held, booked and given back on the way.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { day, days, eventually, expire, psql, Shop } from './support.mjs';

const STORE = '/store/resource-booking';
const SECRET = 'x-resource-booking-secret';

let shop;
before(async () => {
  shop = await Shop.open({ booking: { holdMinutes: 10, paymentMinutes: 30 } });
  await shop.admin.ok('POST', `/admin/regions/${shop.region.id}`, {
    payment_providers: ['pp_system_default', 'pp_late_test'],
  });
});
after(async () => {
  await shop?.sound();
  await shop?.close();
});

/** A product on a resource with so many places, and a cart. */
async function setUp(places = 2) {
  const resource = await shop.resource(places);
  const product = await shop.product(resource);
  const cart = await shop.cart();
  return {
    resource,
    product,
    cart,
    variant_id: product.variants[0].id,
    lines: `/store/carts/${cart.id}/line-items`,
  };
}

const add = ({ lines, variant_id }, dates, quantity = 1) =>
  shop.store.ok('POST', lines, { variant_id, quantity, metadata: { dates } });

const shapes = async (resourceId) =>
  (await shop.holdsOf(resourceId))
    .map(({ dates, quantity }) => `${dates.join('+')} x${quantity}`)
    .sort();

describe('a cart', () => {
  test("holds places when a line with days comes in, by the shop's own route", async () => {
    const at = await setUp(2);
    await add(at, days(0, 2));
    assert.deepEqual(await shapes(at.resource.id), [`${day(0)}+${day(1)} x1`]);
    await add(at, [day(5)], 2);
    assert.deepEqual(await shop.left(at.resource.id, 0, 6), [1, 1, 2, 2, 2, 0]);
  });

  test('adds to what is there when the same line comes again', async () => {
    const at = await setUp(3);
    await add(at, [day(0)]);
    const { cart } = await add(at, [day(0)], 2);
    assert.deepEqual(
      cart.items.map(({ quantity }) => quantity),
      [3],
    );
    assert.deepEqual(await shop.left(at.resource.id, 0, 1), [0]);
  });

  test('refuses a line whose places are gone, and stays as it was', async () => {
    const at = await setUp(1);
    await add(at, [day(0)]);
    const other = await shop.cart();
    const { body } = await shop.store.refused(
      400,
      'INSUFFICIENT_CAPACITY',
      'POST',
      `/store/carts/${other.id}/line-items`,
      { variant_id: at.variant_id, quantity: 1, metadata: { dates: [day(0)] } },
    );
    assert.match(body.message, /INSUFFICIENT_CAPACITY/);
    assert.deepEqual((await shop.store.ok('GET', `/store/carts/${other.id}`)).cart.items, []);
  });

  test('that is made with lines in it holds their places, or is not made', async () => {
    const at = await setUp(1);
    const items = [{ variant_id: at.variant_id, quantity: 1, metadata: { dates: [day(0)] } }];
    const made = await shop.cart({ items });
    assert.equal((await shop.store.ok('GET', `${STORE}/carts/${made.id}/holds`)).holds.length, 1);
    const refused = await shop.store.send('POST', '/store/carts', {
      region_id: shop.region.id,
      items,
    });
    assert.deepEqual([refused.status, refused.body.code], [400, 'INSUFFICIENT_CAPACITY']);
  });

  test('moves its hold with the line: more, fewer, other days', async () => {
    const at = await setUp(3);
    const { cart } = await add(at, [day(0)]);
    const line = `${at.lines}/${cart.items[0].id}`;
    await shop.store.ok('POST', line, { quantity: 3 });
    assert.deepEqual(await shapes(at.resource.id), [`${day(0)} x3`]);
    await shop.store.refused(400, 'INSUFFICIENT_CAPACITY', 'POST', line, { quantity: 4 });
    assert.deepEqual(await shapes(at.resource.id), [`${day(0)} x3`]);
    await shop.store.ok('POST', line, { quantity: 2 });
    await eventually(async () => assert.deepEqual(await shapes(at.resource.id), [`${day(0)} x2`]));
    await shop.store.ok('POST', line, { quantity: 2, metadata: { dates: days(1, 2) } });
    assert.deepEqual(await shapes(at.resource.id), [`${day(1)}+${day(2)} x2`]);
  });

  test('gives the places back when the line is removed, or set to nothing', async () => {
    const at = await setUp(2);
    await add(at, [day(0)]);
    const { cart } = await add(at, [day(1)], 2);
    const [first, second] = cart.items;
    await shop.store.ok('DELETE', `${at.lines}/${first.id}`);
    await eventually(async () =>
      assert.deepEqual(await shapes(at.resource.id), [
        `${second.metadata.dates[0]} x${second.quantity}`,
      ]),
    );
    await shop.store.ok('POST', `${at.lines}/${second.id}`, { quantity: 0 });
    await eventually(async () => assert.deepEqual(await shapes(at.resource.id), []));
  });

  test('keeps just its holds when Medusa refuses a line that had its places', async () => {
    const at = await setUp(3);
    const { cart } = await add(at, [day(0)]);
    psql(
      `UPDATE product_variant SET manage_inventory = true WHERE id = '${at.variant_id}'`,
      shop.database.name,
    );
    const more = { quantity: 2, metadata: { dates: [day(1)] } };
    for (const [path, body] of [
      [at.lines, { variant_id: at.variant_id, ...more }],
      [`${at.lines}/${cart.items[0].id}`, more],
    ]) {
      const { status, body: refusal } = await shop.store.send('POST', path, body);
      assert.equal(status, 400, JSON.stringify(refusal));
      assert.deepEqual(await shapes(at.resource.id), [`${day(0)} x1`]);
    }
    assert.deepEqual(await shop.left(at.resource.id, 0, 2), [2, 3]);
  });

  test('leaves other goods alone', async () => {
    const plain = await shop.product();
    const cart = await shop.cart();
    await shop.store.ok('POST', `/store/carts/${cart.id}/line-items`, {
      variant_id: plain.variants[0].id,
      quantity: 2,
    });
    await shop.pay(cart.id);
    assert.equal((await shop.complete(cart.id)).body.type, 'order');
  });

  test("a variant's own resource goes before its product's", async () => {
    const at = await setUp(1);
    const own = await shop.resource(1);
    await shop.admin.ok('POST', `/admin/resource-booking/variants/${at.variant_id}/resource`, {
      resource_id: own.id,
    });
    await add(at, [day(0)]);
    assert.deepEqual(
      [await shop.left(at.resource.id, 0, 1), await shop.left(own.id, 0, 1)],
      [[1], [0]],
    );
  });
});

describe('completing', () => {
  test('books each line with its order, and the holds are no more', async () => {
    const at = await setUp(4);
    await add(at, [day(0)], 2);
    await add(at, [day(0)], 1);
    await add(at, days(1, 2), 1);
    await shop.pay(at.cart.id);
    const { body } = await shop.complete(at.cart.id);
    assert.equal(body.type, 'order', JSON.stringify(body));
    const allocations = await shop.allocationsOf(body.order.id);
    for (const item of body.order.items) {
      const own = allocations.filter((a) => a.line_item_id === item.id);
      assert.equal(
        own.reduce((sum, { quantity }) => sum + quantity, 0),
        item.quantity,
      );
      for (const { dates } of own) assert.deepEqual(dates, item.metadata.dates);
    }
    assert.deepEqual(await shop.holdsOf(at.resource.id), []);
    assert.deepEqual(await shop.left(at.resource.id, 0, 3), [1, 3, 3]);
  });

  test("with a hold of the shopper's own books that hold", async () => {
    const at = await setUp(2);
    const made = await shop.store.send('POST', `${STORE}/holds`, {
      resource_id: at.resource.id,
      dates: [day(0)],
      quantity: 2,
    });
    await shop.store.ok(
      'POST',
      `${STORE}/carts/${at.cart.id}/line-items`,
      { variant_id: at.variant_id, hold_id: made.body.hold.id },
      { [SECRET]: made.headers.get(SECRET) },
    );
    await shop.pay(at.cart.id);
    const { body } = await shop.complete(at.cart.id);
    const [allocation] = await shop.allocationsOf(body.order.id);
    assert.deepEqual([allocation.hold_id, allocation.quantity], [made.body.hold.id, 2]);
  });

  test('keeps the holds through payment', async () => {
    const at = await setUp();
    await add(at, [day(0)]);
    const [before] = await shop.holdsOf(at.resource.id);
    // Without a payment session completing fails before it has looked; with one it fails after.
    await shop.pay(at.cart.id);
    psql(`UPDATE payment_session SET status = 'canceled'`, shop.database.name);
    await shop.complete(at.cart.id);
    assert.deepEqual(
      (await shop.holdsOf(at.resource.id)).map(({ id }) => id),
      [before.id],
    );
    const { body } = await (async () => {
      psql(`UPDATE payment_session SET status = 'pending'`, shop.database.name);
      return shop.complete(at.cart.id);
    })();
    assert.equal(body.type, 'order');
    const {
      holds: [after],
    } = await shop.admin.ok('GET', `/admin/resource-booking/holds?resource_id=${at.resource.id}`);
    assert.ok(new Date(after.expires_at) - new Date(before.expires_at) > 15 * 60 * 1000);
  });

  test('takes expired places again where they are free, and refuses otherwise', async () => {
    const [free, taken] = [await setUp(1), await setUp(1)];
    for (const at of [free, taken]) {
      await add(at, [day(0)]);
      const [hold] = await shop.holdsOf(at.resource.id);
      expire(shop, hold.id);
      await shop.pay(at.cart.id);
    }
    await shop.store.ok('POST', `${STORE}/holds`, {
      resource_id: taken.resource.id,
      dates: [day(0)],
      quantity: 1,
    });
    assert.equal((await shop.complete(free.cart.id)).body.type, 'order');
    const { status, body } = await shop.complete(taken.cart.id);
    assert.deepEqual([status, body.code], [400, 'INSUFFICIENT_CAPACITY']);
    const { cart } = await shop.store.ok('GET', `/store/carts/${taken.cart.id}`);
    assert.equal(cart.completed_at ?? null, null);
  });

  test('again and at once is one order and one booking', async () => {
    const at = await setUp(5);
    await add(at, [day(0)], 2);
    await shop.pay(at.cart.id);
    const answers = await Promise.all([1, 2, 3, 4].map(() => shop.complete(at.cart.id)));
    answers.push(await shop.complete(at.cart.id));
    const orders = new Set(
      answers.filter(({ body }) => body.type === 'order').map(({ body }) => body.order.id),
    );
    assert.equal(orders.size, 1);
    const allocations = await shop.allocationsOf([...orders][0]);
    assert.deepEqual(
      allocations.map(({ quantity }) => quantity),
      [2],
    );
    assert.deepEqual(await shop.left(at.resource.id, 0, 1), [3]);
  });

  test('of carts that want the last place at once gives it to one of them', async () => {
    const { resource, variant_id } = await setUp(1);
    const carts = await Promise.all([1, 2, 3].map(() => shop.cart()));
    const added = await Promise.all(
      carts.map(({ id }) =>
        shop.store.send('POST', `/store/carts/${id}/line-items`, {
          variant_id,
          quantity: 1,
          metadata: { dates: [day(0)] },
        }),
      ),
    );
    assert.deepEqual(added.map(({ status }) => status).sort(), [200, 400, 400]);
    assert.deepEqual(await shop.left(resource.id, 0, 1), [0]);
  });

  test('again books an order whose process died before that', async () => {
    for (const marked of [true, false]) {
      const resource = await shop.resource(1);
      const { cart, order } = await shop.order(resource, [day(0)]);
      shop.unbook(order, resource);
      if (!marked)
        psql(`UPDATE cart SET completed_at = NULL WHERE id = '${cart.id}'`, shop.database.name);
      const { body } = await shop.complete(cart.id);
      assert.equal(body.order?.id, order.id, JSON.stringify(body));
      assert.equal((await shop.allocationsOf(order.id)).length, 1);
      assert.deepEqual(await shop.left(resource.id, 0, 1), [0]);
    }
  });

  test('that fails at the end leaves no order, no booking, and the cart its places', async () => {
    const at = await setUp(2);
    await add(at, [day(0)]);
    await add(at, [day(1)]);
    await shop.pay(at.cart.id, 'pp_late_test');
    // The first line is booked, the second is not.
    psql(
      `CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM holdfast.resource_allocations WHERE resource_id = NEW.resource_id)
        THEN RAISE EXCEPTION 'one allocation only'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER fail BEFORE INSERT ON holdfast.resource_allocations
        FOR EACH ROW EXECUTE FUNCTION fail()`,
      shop.database.name,
    );
    const failed = await shop.complete(at.cart.id);
    psql('DROP TRIGGER fail ON holdfast.resource_allocations', shop.database.name);
    assert.ok(failed.status >= 400, JSON.stringify(failed.body));
    const { allocations } = await shop.admin.ok(
      'GET',
      `/admin/resource-booking/allocations?resource_id=${at.resource.id}`,
    );
    assert.deepEqual(
      allocations.map(({ status }) => status),
      ['CANCELLED'],
    );
    assert.deepEqual(await shapes(at.resource.id), [`${day(0)} x1`, `${day(1)} x1`]);
    assert.deepEqual(await shop.left(at.resource.id, 0, 2), [1, 1]);
    assert.equal((await shop.complete(at.cart.id)).body.type, 'order');
    assert.deepEqual(await shop.left(at.resource.id, 0, 2), [1, 1]);
  });
});

describe('cancelling an order', () => {
  test('gives its places back, once', async () => {
    const resource = await shop.resource(2);
    const { order } = await shop.order(resource, days(0, 2), 2);
    assert.deepEqual(await shop.left(resource.id, 0, 2), [0, 0]);
    await shop.admin.ok('POST', `/admin/orders/${order.id}/cancel`);
    await eventually(async () => assert.deepEqual(await shop.left(resource.id, 0, 2), [2, 2]));
    await shop.order(resource, days(0, 2), 2);
    await shop.admin.send('POST', `/admin/orders/${order.id}/cancel`);
    assert.deepEqual(await shop.left(resource.id, 0, 2), [0, 0]);
  });
});

// Both at once, because Medusa lets a provider's message lie for five seconds.
describe('a payment that comes late', { concurrency: true }, () => {
  /** The cart is paid at the provider, and the shop hears of it only now. */
  async function paidLate(at) {
    const query = (sql) => psql(sql, shop.database.name);
    const session_id = query(
      `SELECT s.id FROM payment_session s
       JOIN cart_payment_collection c ON c.payment_collection_id = s.payment_collection_id
       WHERE c.cart_id = '${at.cart.id}'`,
    );
    await shop.nobody.ok('POST', '/hooks/payment/late_test', { session_id, amount: 50 });
    return eventually(() => {
      const orderId = query(
        `SELECT order_id FROM order_cart WHERE cart_id = '${at.cart.id}' AND deleted_at IS NULL`,
      );
      assert.match(orderId, /^order_\w+$/);
      return orderId;
    }, 30_000);
  }

  async function expiredCart(places = 1) {
    const at = await setUp(places);
    await add(at, [day(0)]);
    await shop.pay(at.cart.id, 'pp_late_test');
    const [hold] = await shop.holdsOf(at.resource.id);
    expire(shop, hold.id);
    return { ...at, hold };
  }

  test('takes the places again where they are free', async () => {
    const at = await expiredCart();
    const orderId = await paidLate(at);
    const [allocation] = await eventually(async () => {
      const found = await shop.allocationsOf(orderId);
      assert.equal(found.length, 1);
      return found;
    });
    assert.equal(allocation.hold_id, at.hold.id);
    assert.deepEqual(await shop.left(at.resource.id, 0, 1), [0]);
  });

  test('marks the order for refund where they are gone, and an event says so', async () => {
    const at = await expiredCart();
    await shop.store.ok('POST', `${STORE}/holds`, {
      resource_id: at.resource.id,
      dates: [day(0)],
      quantity: 1,
    });
    const orderId = await paidLate(at);
    const order = await eventually(async () => {
      const { order: found } = await shop.admin.ok(
        'GET',
        `/admin/orders/${orderId}?fields=+metadata`,
      );
      assert.ok(found.metadata?.resource_booking);
      return found;
    });
    assert.equal(order.metadata.resource_booking.status, 'refund_required');
    assert.deepEqual(order.metadata.resource_booking.lines, [
      { line_item_id: order.items[0].id, code: 'HOLD_EXPIRED_AND_TAKEN' },
    ]);
    assert.deepEqual(await shop.allocationsOf(orderId), []);
    await eventually(() =>
      assert.match(shop.server.said, new RegExp(`refund required: ${orderId}`)),
    );
  });
});
