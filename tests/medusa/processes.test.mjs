// What goes on beside one healthy server: several processes, sudden ends, a database that is away,
// migrations in any order, settings, shops with handlers of their own, SQLite.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  command,
  commandAsync,
  day,
  days,
  eventually,
  expire,
  freshDatabase,
  psql,
  Server,
  share,
  Shop,
  shopFolder,
} from './support.mjs';

const holdfast = createRequire(join(shopFolder, 'package.json'))('holdfast');
const STORE = '/store/resource-booking';
const open = [];
after(async () => {
  for (const shop of open) await shop.close();
});

async function openShop(options) {
  const shop = await Shop.open(options);
  open.push(shop);
  return shop;
}

async function closeShop(shop) {
  open.splice(open.indexOf(shop), 1);
  await shop.close();
}

/** The engine's lock on a resource: see `lock_key.hpp`. */
function lockKey(id) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(id)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return BigInt.asIntN(64, (0x4846n << 48n) | BigInt.asUintN(48, hash));
}

const EVERY_SECOND = '*/1 * * * * *';
const statusOf = (shop, holdId) =>
  psql(`SELECT status FROM holdfast.resource_holds WHERE id = '${holdId}'`, shop.database.name);

const hold = (resource, from = 0, more = {}) => ({
  resource_id: resource.id,
  dates: [day(from)],
  quantity: 1,
  ...more,
});

describe('a cluster of two', () => {
  test('is one shop: what one process holds the other knows, and nothing is oversold', async () => {
    const shop = await openShop({ args: ['--cluster', '2'] });
    const engines = () => shop.server.said.match(/resource-booking:engine: open, schema/g);
    await eventually(() => assert.equal(engines()?.length, 2), 30_000);
    const resource = await shop.resource(20);
    const made = await Promise.all(
      Array.from({ length: 40 }, () => shop.store.send('POST', `${STORE}/holds`, hold(resource))),
    );
    assert.equal(made.filter(({ status }) => status === 201).length, 20);
    assert.equal(made.filter(({ body }) => body.code === 'INSUFFICIENT_CAPACITY').length, 20);
    const mine = made.find(({ status }) => status === 201);
    const secret = { 'x-resource-booking-secret': mine.headers.get('x-resource-booking-secret') };
    const seen = await Promise.all(
      Array.from({ length: 10 }, () =>
        shop.store.send('GET', `${STORE}/holds/${mine.body.hold.id}`, undefined, {
          ...secret,
          connection: 'close',
        }),
      ),
    );
    assert.deepEqual([...new Set(seen.map(({ status }) => status))], [200]);
    const { order } = await shop.order(await shop.resource(1), [day(3)]);
    assert.equal((await shop.allocationsOf(order.id)).length, 1);
    await shop.sound();
    await closeShop(shop);
  });
});

describe('kill -9 in the middle', () => {
  let shop;
  before(async () => {
    shop = await openShop({ booking: { limits: { holdsPerAddress: 1000 } } });
  });
  after(() => closeShop(shop));

  for (let round = 1; round <= share(1); round++) {
    test('loses nothing that was answered, and repeating what was not is one hold', async () => {
      const resource = await shop.resource(1000);
      const secret = { 'x-resource-booking-secret': 'the secret of one who repeats' };
      const requests = Array.from({ length: 300 }, (_, at) =>
        hold(resource, at % 5, { idempotency_token: `kill-${at}` }),
      );
      const send = (body) => shop.store.send('POST', `${STORE}/holds`, body, secret);
      const sent = requests.map((body) => send(body).catch(() => undefined));
      await eventually(async () => assert.ok((await Promise.race(sent)) !== undefined));
      await shop.server.kill();
      const answered = (await Promise.all(sent)).map((answer) => answer?.body.hold?.id);
      assert.ok(
        answered.some((id) => id),
        'nothing was answered before the end',
      );
      await shop.start();
      const again = await Promise.all(requests.map(send));
      again.forEach(({ body }, at) => {
        assert.ok(body.hold, JSON.stringify(body));
        if (answered[at]) assert.deepEqual([body.hold.id, body.replayed], [answered[at], true]);
      });
      assert.deepEqual(await shop.left(resource.id, 0, 5), [940, 940, 940, 940, 940]);
      await shop.sound();
    });

    test('of a completion leaves an order with places or a cart with its hold', async () => {
      const resource = await shop.resource(6);
      const product = await shop.product(resource);
      const carts = [];
      for (let at = 0; at < 6; at++) {
        const cart = await shop.cart();
        await shop.store.ok('POST', `${STORE}/carts/${cart.id}/line-items`, {
          variant_id: product.variants[0].id,
          dates: [day(0)],
        });
        await shop.pay(cart.id);
        carts.push(cart);
      }
      const completing = carts.map(({ id }) => shop.complete(id).catch(() => undefined));
      await Promise.race(completing);
      await shop.server.kill();
      await Promise.all(completing);
      await shop.start();
      for (const { id } of carts)
        await eventually(
          async () => assert.equal((await shop.complete(id)).body.type, 'order'),
          30_000,
        );
      const { allocations } = await shop.admin.ok(
        'GET',
        `/admin/resource-booking/allocations?resource_id=${resource.id}&status=CONFIRMED`,
      );
      assert.equal(allocations.length, 6);
      assert.equal(new Set(allocations.map((a) => a.order_id)).size, 6);
      assert.deepEqual(await shop.left(resource.id, 0, 1), [0]);
      await shop.sound();
    });
  }
});

describe('an engine that has no database', () => {
  let shop;
  let other;
  before(async () => {
    other = freshDatabase({ empty: true });
    shop = await openShop({ booking: { databaseUrl: other.url, retrySeconds: 0.5 } });
  });
  after(async () => {
    await closeShop(shop);
    other.drop();
  });

  /** 503 with this code and a time to come back. */
  async function away(code, resource) {
    const request = ['POST', `${STORE}/holds`, hold(resource)];
    const { headers } = await shop.store.refused(503, code, ...request);
    assert.ok(Number(headers.get('retry-after')) > 0);
  }
  const disconnect = () =>
    psql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${other.name}'`);

  test('answers 503 UNAVAILABLE, nothing has happened, and goes on when it is back', async () => {
    const resource = await shop.resource(2);
    const allow = (yes) => psql(`ALTER DATABASE ${other.name} ALLOW_CONNECTIONS ${yes}`);
    allow(false);
    disconnect();
    await away('UNAVAILABLE', resource);
    allow(true);
    await eventually(() => shop.store.ok('POST', `${STORE}/holds`, hold(resource)));
    assert.deepEqual(await shop.left(resource.id, 0, 1), [1]);
  });

  test('answers 503 SCHEMA while the tables are of a newer version', async () => {
    const resource = await shop.resource(2);
    const add = (n) =>
      psql(
        `UPDATE holdfast.schema_info SET value = value::int + ${n} WHERE name = 'version'`,
        other.name,
      );
    add(1000);
    await shop.server.stop();
    await shop.start();
    await away('SCHEMA', resource);
    add(-1000);
    await shop.store.ok('POST', `${STORE}/holds`, hold(resource));
  });

  test('answers 503 CLOSED to who comes while the shop shuts down', async () => {
    const resource = await shop.resource(2);
    await shop.store.ok('POST', '/store/close', {});
    await away('CLOSED', resource);
  });
});

describe('migrations', () => {
  test('in any order and several at once leave both schemas ready', async (t) => {
    const database = freshDatabase({ empty: true });
    const migrate = ['db:migrate', '--execute-safe-links'];
    const at = { url: database.url };
    // Of two at once Medusa's own may fail; the engine goes first, as in a shop that came later.
    const engine = await holdfast.open(database.url);
    const runs = [engine.migrate(), commandAsync(migrate, at), commandAsync(migrate, at)];
    const [, ...medusas] = await Promise.all(runs);
    await engine.close();
    if (medusas.some(({ status }) => status !== 0)) command(migrate, at);
    const ready = () => psql(`SELECT to_regclass('holdfast.resources')`, database.name);
    assert.equal(ready(), 'holdfast.resources');
    const server = await Server.start(at);
    t.after(() => server.stop());
    assert.equal(psql('SELECT count(*) FROM holdfast.resources', database.name), '0');
    await eventually(() => assert.match(server.said, /resource-booking:engine: open, schema/));
    await server.stop();
    database.drop();
  });
});

describe('one shop with settings of its own', () => {
  let shop;
  before(async () => {
    const database = freshDatabase();
    psql(`DROP ROLE IF EXISTS shopkeeper;
      CREATE ROLE shopkeeper LOGIN SUPERUSER PASSWORD 'pa55word'`);
    const url = database.url.replace('postgres://postgres@', 'postgres://shopkeeper:pa55word@');
    shop = await openShop({
      database: { ...database, url },
      booking: {
        timezone: 'Europe/Oslo',
        retrySeconds: 0.2,
        cleanupSchedule: EVERY_SECOND,
        limits: { holdsPerAddress: 3 },
      },
      env: { DEBUG: 'medusa:resource-booking:checkout', RESOURCE_BOOKING_TIMEZONE: 'Asia/Tokyo' },
    });
  });
  after(() => closeShop(shop));

  test('takes an option before the environment', async () => {
    assert.equal((await shop.resource(1)).timezone, 'Europe/Oslo');
  });

  test("tells what DEBUG names, and never the database's password", async () => {
    const resource = await shop.resource(1);
    const { order } = await shop.order(resource, [day(0)]);
    assert.match(shop.server.said, new RegExp(`:checkout: ${order.id}: 1 bookings`));
    assert.equal(shop.server.said.includes('resource-booking:hold:'), false);
    assert.equal(shop.server.said.includes('pa55word'), false);
  });

  test('records expired holds by a job on its schedule', async () => {
    const resource = await shop.resource(1);
    const made = await shop.store.ok('POST', `${STORE}/holds`, hold(resource));
    expire(shop, made.hold.id);
    await eventually(() => assert.equal(statusOf(shop, made.hold.id), 'EXPIRED'));
  });

  test('books by the same job an order whose process died before that', async () => {
    const resource = await shop.resource(1);
    const { cart, order } = await shop.order(resource, [day(0)]);
    shop.unbook(order, resource);
    psql(
      `UPDATE cart SET completed_at = NULL WHERE id = '${cart.id}';
       UPDATE order_cart SET created_at = now() - interval '5 minutes'
         WHERE cart_id = '${cart.id}'`,
      shop.database.name,
    );
    await eventually(async () => assert.equal((await shop.allocationsOf(order.id)).length, 1));
    assert.deepEqual(await shop.left(resource.id, 0, 1), [0]);
  });

  test('refuses one address more holds than it allows, and not another', async () => {
    const resource = await shop.resource(9);
    const from = (address) => ({ 'x-forwarded-for': address });
    const [mine, theirs] = [from('192.0.2.1'), from('192.0.2.2')];
    const ask = (at, headers) => ['POST', `${STORE}/holds`, hold(resource, at), headers];
    const made = [];
    for (const at of [0, 1, 2]) made.push(await shop.store.send(...ask(at, mine)));
    const { headers } = await shop.store.refused(429, 'TOO_MANY_HOLDS', ...ask(3, mine));
    assert.ok(Number(headers.get('retry-after')) > 0);
    await shop.store.ok(...ask(3, theirs));
    const secret = made[0].headers.get('x-resource-booking-secret');
    await shop.store.ok('DELETE', `${STORE}/holds/${made[0].body.hold.id}`, undefined, {
      'x-resource-booking-secret': secret,
    });
    await shop.store.ok(...ask(4, mine));
  });

  test('answers 409 BUSY with Retry-After for a resource that another locks', async () => {
    const resource = await shop.resource(2);
    const holder = spawn('psql', [
      '-qX',
      shop.database.url,
      '-c',
      `BEGIN; SELECT pg_advisory_xact_lock(${lockKey(resource.id)}); SELECT pg_sleep(8)`,
    ]);
    await eventually(() =>
      assert.notEqual(
        psql(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'`, shop.database.name),
        '0',
      ),
    );
    const { headers } = await shop.store.refused(
      409,
      'BUSY',
      'POST',
      `${STORE}/holds`,
      hold(resource),
    );
    assert.ok(Number(headers.get('retry-after')) > 0);
    holder.kill();
    psql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(8)%'
      AND pid <> pg_backend_pid()`);
    await eventually(() => shop.store.ok('POST', `${STORE}/holds`, hold(resource)));
  });
});

describe('settings', () => {
  test('a wrong option keeps the server from starting, and is named', async () => {
    const database = freshDatabase();
    await assert.rejects(
      Server.start({ url: database.url, booking: { holdMinuts: 1 } }),
      /holdMinuts/,
    );
    database.drop();
  });
});

describe('hooks that are switched off', () => {
  test("leave the shop's own alone; order.placed still books", async () => {
    const hooks = {
      addToCart: false,
      createCart: false,
      updateLineItem: false,
      completeCart: false,
      orderCreated: false,
      cancelOrder: false,
    };
    const shop = await openShop({ booking: { hooks } });
    const resource = await shop.resource(1);
    const product = await shop.product(resource);
    const cart = await shop.cart();
    await shop.store.ok('POST', `/store/carts/${cart.id}/line-items`, {
      variant_id: product.variants[0].id,
      quantity: 1,
      metadata: { dates: [day(0)] },
    });
    assert.deepEqual(await shop.holdsOf(resource.id), []);
    await shop.pay(cart.id);
    const { body } = await shop.complete(cart.id);
    assert.equal(body.type, 'order', JSON.stringify(body));
    await eventually(async () => assert.equal((await shop.allocationsOf(body.order.id)).length, 1));
    await shop.admin.ok('POST', `/admin/orders/${body.order.id}/cancel`);
    await eventually(async () => assert.deepEqual(await shop.left(resource.id, 0, 1), [1]));
    await closeShop(shop);
  });
});

describe('roles', () => {
  test('a server without jobs and a worker without routes share one shop', async (t) => {
    const shop = await openShop({
      booking: { cleanupSchedule: EVERY_SECOND },
      env: { MEDUSA_WORKER_MODE: 'server' },
    });
    const late = await shop.store.ok('POST', `${STORE}/holds`, hold(await shop.resource(1)));
    expire(shop, late.hold.id);
    await sleep(2000);
    assert.equal(statusOf(shop, late.hold.id), 'ACTIVE', 'a server ran the job');
    const worker = await Server.start({ ...shop.options, env: { MEDUSA_WORKER_MODE: 'worker' } });
    t.after(() => worker.stop());
    const resource = await shop.resource(1);
    await shop.order(resource, [day(0)]);
    const { status } = await new Client(worker.base, shop.store.headers).send(
      'GET',
      `${STORE}/resources`,
    );
    assert.equal(status, 404);
    await eventually(() => assert.equal(statusOf(shop, late.hold.id), 'EXPIRED'));
    await closeShop(shop);
  });
});

describe('SQLite, for a try-out', () => {
  test('keeps the bookings in a file and sells to the order; TZ is the zone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-shop-'));
    const booking = { databaseUrl: `sqlite:${folder}/bookings.db` };
    const shop = await openShop({ booking, env: { TZ: 'America/Lima' } });
    const resource = await shop.resource(2);
    assert.equal(resource.timezone, 'America/Lima');
    const { order } = await shop.order(resource, days(0, 2));
    assert.equal((await shop.allocationsOf(order.id)).length, 1);
    assert.deepEqual(await shop.left(resource.id, 0, 2), [1, 1]);
    await shop.server.kill();
    await shop.start();
    assert.deepEqual(await shop.left(resource.id, 0, 2), [1, 1]);
    await shop.sound();
    await closeShop(shop);
    rmSync(folder, { recursive: true });
  });
});
