// The workflows that the plugin exports, as steps of a shop's own: what they do, and what is left
// when a later step fails.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { day, days, Shop } from './support.mjs';

const STORE = '/store/resource-booking';

let shop;
before(async () => {
  shop = await Shop.open();
});
after(async () => {
  await shop?.sound();
  await shop?.close();
});

const ran = new Set();

async function run(name, given, { fail } = {}) {
  ran.add(name);
  const { result, errors } = await shop.store.ok('POST', `/store/workflows/${name}`, {
    given,
    fail,
  });
  if (fail) assert.deepEqual(errors, ['a later step fails']);
  return { result, errors };
}

const succeeds = async (name, given) => {
  const { result, errors } = await run(name, given);
  assert.deepEqual(errors, []);
  return result;
};
const failsLater = (name, given) => run(name, given, { fail: true });

const hold = (resource, from = 0, more = {}) => ({
  resourceId: resource.id,
  dates: [day(from)],
  quantity: 1,
  ...more,
});
const shapes = async (resource) =>
  (await shop.holdsOf(resource.id))
    .map(({ dates, quantity }) => `${dates.join('+')} x${quantity}`)
    .sort();

describe('createHoldWorkflow', () => {
  test('holds places, and gives them back when a later step fails', async () => {
    const resource = await shop.resource(2);
    const made = await succeeds('createHoldWorkflow', hold(resource));
    assert.equal(made.status, 'ACTIVE');
    await failsLater('createHoldWorkflow', hold(resource, 1));
    assert.deepEqual(await shapes(resource), [`${day(0)} x1`]);
    assert.equal((await shop.holdsOf(resource.id, 'RELEASED')).length, 1);
  });

  test('leaves a hold that was there before, and says what the engine refuses', async () => {
    const resource = await shop.resource(1);
    const request = hold(resource, 0, { idempotencyToken: 'there-before' });
    await succeeds('createHoldWorkflow', request);
    await failsLater('createHoldWorkflow', request);
    assert.deepEqual(await shapes(resource), [`${day(0)} x1`]);
    const { errors } = await run('createHoldWorkflow', hold(resource));
    assert.match(errors[0], /INSUFFICIENT_CAPACITY/);
  });
});

describe('createHoldsWorkflow', () => {
  test('holds on several resources, and gives all back when a later step fails', async () => {
    const [one, two] = [await shop.resource(2), await shop.resource(1)];
    const items = (from) => ({ items: [hold(one, from), hold(two, from)] });
    assert.equal((await succeeds('createHoldsWorkflow', items(0))).length, 2);
    await failsLater('createHoldsWorkflow', items(1));
    assert.deepEqual(await shop.left(one.id, 0, 2), [1, 2]);
    assert.deepEqual(await shop.left(two.id, 0, 2), [0, 1]);
  });
});

describe('moveHoldWorkflow', () => {
  test('moves a hold, and back when a later step fails', async () => {
    const resource = await shop.resource(3);
    const { id: holdId } = await succeeds('createHoldWorkflow', hold(resource));
    const to = (dates, quantity) => ({ holdId, asHost: true, dates, quantity });
    await succeeds('moveHoldWorkflow', to(days(1, 2), 2));
    assert.deepEqual(await shapes(resource), [`${day(1)}+${day(2)} x2`]);
    await failsLater('moveHoldWorkflow', to([day(5)], 3));
    assert.deepEqual(await shapes(resource), [`${day(1)}+${day(2)} x2`]);
  });
});

describe('releaseHoldsWorkflow', () => {
  test('gives places back for good', async () => {
    const resource = await shop.resource(1);
    const { id } = await succeeds('createHoldWorkflow', hold(resource));
    await failsLater('releaseHoldsWorkflow', { holdIds: [id], asHost: true });
    assert.deepEqual(await shop.left(resource.id, 0, 1), [1]);
    const [released] = await succeeds('releaseHoldsWorkflow', { holdIds: [id], asHost: true });
    assert.equal(released.status, 'RELEASED');
  });
});

describe('addBookingToCartWorkflow', () => {
  /** A cart, and what is asked for it. */
  async function setUp(places) {
    const resource = await shop.resource(places);
    const product = await shop.product(resource);
    const cart = await shop.cart();
    const [{ id: variant_id }] = product.variants;
    const lines = async () =>
      (await shop.store.ok('GET', `/store/carts/${cart.id}`)).cart.items
        .map(({ quantity, metadata }) => `${metadata.dates.join('+')} x${quantity}`)
        .sort();
    return {
      resource,
      lines,
      ask: (dates, quantity, hold_id) => ({
        cart_id: cart.id,
        variant_id,
        dates,
        quantity,
        hold_id,
      }),
    };
  }

  test('adds a line with its places, taken out when a later step fails', async () => {
    const { resource, lines, ask } = await setUp(9);
    await succeeds('addBookingToCartWorkflow', ask([day(0)], 2));
    await failsLater('addBookingToCartWorkflow', ask([day(1)], 1));
    assert.deepEqual(await lines(), [`${day(0)} x2`]);
    // It had been merged into the line that was there.
    await failsLater('addBookingToCartWorkflow', ask([day(0)], 3));
    assert.deepEqual(await lines(), [`${day(0)} x2`]);
    await shop.store.ok('POST', `/store/resource-booking/carts/${ask().cart_id}/line-items`, {
      variant_id: ask().variant_id,
      dates: [day(4)],
    });
    assert.deepEqual(await shop.left(resource.id, 0, 5), [7, 9, 9, 9, 8]);
  });

  test('brings a hold along', async () => {
    const { lines, resource, ask } = await setUp(1);
    const { id } = await succeeds('createHoldWorkflow', hold(resource));
    await succeeds('addBookingToCartWorkflow', ask([day(0)], 1, id));
    assert.deepEqual(await lines(), [`${day(0)} x1`]);
    assert.deepEqual(
      (await shop.store.ok('GET', `${STORE}/carts/${ask().cart_id}/holds`)).holds.map((h) => h.id),
      [id],
    );
  });
});

describe('an order', () => {
  async function unbooked(resource) {
    const { order } = await shop.order(resource, [day(0)], 2);
    shop.unbook(order, resource);
    return order;
  }

  test('is booked by confirmHoldsWorkflow; held again when a later step fails', async () => {
    const resource = await shop.resource(2);
    const order = await unbooked(resource);
    await failsLater('confirmHoldsWorkflow', { order_id: order.id });
    assert.deepEqual(
      (await shop.allocationsOf(order.id)).map(({ status }) => status),
      ['CANCELLED'],
    );
    assert.deepEqual(await shapes(resource), [`${day(0)} x2`]);
    const other = await shop.resource(2);
    const second = await unbooked(other);
    const { allocations } = await succeeds('confirmHoldsWorkflow', { order_id: second.id });
    assert.deepEqual(
      allocations.map(({ quantity, status }) => [quantity, status]),
      [[2, 'CONFIRMED']],
    );
    assert.deepEqual(await shop.left(other.id, 0, 1), [0]);
  });

  test('is given back by cancelBookingsWorkflow, once and for good', async () => {
    const resource = await shop.resource(2);
    const { order } = await shop.order(resource, [day(0)], 2);
    await failsLater('cancelBookingsWorkflow', { order_id: order.id });
    assert.deepEqual(await shop.left(resource.id, 0, 1), [2]);
    await shop.order(resource, [day(0)], 2);
    await succeeds('cancelBookingsWorkflow', { order_id: order.id });
    assert.deepEqual(await shop.left(resource.id, 0, 1), [0]);
  });
});

test('every exported workflow has been run', async () => {
  const { names } = await shop.store.ok('GET', '/store/workflows/any');
  assert.deepEqual([...ran].sort(), names.sort());
});
