// Requests that get no answer: why, and what may be done.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import test from 'node:test';

import { BookingFailed, backends, day, failed, freshDatabase, lockedElsewhere, onEach, open,
  openShop } from './support.mjs';

const postgres = backends.includes('postgres');

test('an address that leads nowhere', async () => {
  const error = await failed(open('nowhere:'), 'CONFIGURATION', 'never');
  assert.equal(error.operation, 'open');
  assert.equal(error.name, 'BookingFailed');
  assert.ok(error instanceof BookingFailed && error instanceof Error);
  await failed(open('sqlite:/nowhere/at/all/bookings.db'), 'CONFIGURATION', 'never');
});

test('a server that is not there', { skip: !postgres }, async () => {
  const error = await failed(
    open('postgres://nobody@127.0.0.1:1/none?connect_timeout=2'), 'UNAVAILABLE', 'safe');
  assert.equal(error.idempotencyToken, undefined);
});

test('an option that the engine refuses', async () => {
  await failed(open('memory:', { timezone: 'Reef/Outer' }), 'CONFIGURATION', 'never');
  await failed(open('memory:', { lanes: 17 }), 'CONFIGURATION', 'never');
});

onEach(test, 'a closed engine', async (t, on) => {
  const database = freshDatabase(on);
  const booking = await open(database.uri);
  await booking.migrate();
  assert.equal(booking.close(), booking.close(), 'closing again is the same closing');
  await booking.close();
  await failed(booking.listHolds(), 'CLOSED', 'never');
  database.drop();
});

onEach(test, 'a database that is not migrated', async (t, on) => {
  if (on === 'memory') return;
  const database = freshDatabase(on);
  const booking = await open(database.uri);
  await failed(booking.createResource({ type: 'TOUR', name: 'Reef' }), 'SCHEMA', 'never');
  await booking.close();
  database.drop();
});

test('a file that is no database', async () => {
  const database = freshDatabase('sqlite');
  writeFileSync(database.uri.slice('sqlite:'.length), 'not a database at all'.repeat(100));
  const outcome = await open(database.uri).then((booking) =>
    booking.migrate().finally(() => booking.close())).catch((error) => error);
  assert.ok(outcome instanceof BookingFailed, String(outcome));
  assert.equal(outcome.retry, 'never');
  database.drop();
});

test('a full queue', async (t) => {
  const { booking } = await openShop(t, 'sqlite', { queueMax: 4 });
  const settled = await Promise.allSettled(Array.from({ length: 500 }, () =>
    booking.createResource({ type: 'TOUR', name: 'Reef' })));
  const busy = settled.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
  assert.ok(busy.length > 0);
  for (const error of busy) {
    assert.ok(error instanceof BookingFailed, String(error));
    assert.deepEqual([error.code, error.retry], ['BUSY', 'safe']);
  }
});

/**
 * A way to the server of `uri`: { uri, cut(), cutAtCommit() }. The last one cuts it when the server
 * says that it has committed, which then nobody hears.
 */
async function wayTo(t, uri) {
  const [, host] = /host=(\S+)/.exec(uri);
  const [, port] = /port=(\d+)/.exec(uri);
  const sockets = new Set();
  let atCommit = false;
  const cut = () => {
    proxy.close();
    for (const socket of sockets) socket.destroy();
  };
  const proxy = net.createServer((client) => {
    const server = net.connect(Number(port), host);
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.pipe(server);
    server.on('data', (data) => {
      if (atCommit && data.includes('COMMIT')) cut();
      else client.write(data);
    });
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(cut);
  return {
    // Encrypted, nobody could read along.
    uri: `${uri} sslmode=disable`.replace(/host=\S+/, 'host=127.0.0.1').replace(/port=\d+/,
      `port=${proxy.address().port}`),
    cut,
    cutAtCommit() {
      atCommit = true;
    },
  };
}

test('PostgreSQL goes away under load: with what is told, each request is carried out once',
  { skip: !postgres }, async (t) => {
    const { booking: direct, uri, resourceId } = await openShop(t, 'postgres', { places: 10000 });
    const way = await wayTo(t, uri);
    const booking = await open(way.uri, { retryTimeout: 200, timezone: 'UTC' });
    const requests = Array.from({ length: 200 }, () =>
      ({ resourceId, dates: [day(0)], quantity: 1 }));
    const going = requests.map((request) => booking.createHold(request));
    setTimeout(way.cut, 5);
    for (const { reason } of await Promise.allSettled(going)) {
      if (reason === undefined) continue;
      assert.ok(reason instanceof BookingFailed, String(reason));
      assert.equal(reason.idempotencyToken !== undefined, reason.retry === 'same-token');
      await direct.createHold({ ...requests[0], idempotencyToken: reason.idempotencyToken });
    }
    await failed(booking.createHold(requests[0]), 'UNAVAILABLE', 'safe');
    await booking.close();
    const { items } = await direct.listHolds({ resourceId, limit: 1000 });
    assert.equal(items.length, requests.length);
  });

test('a connection cut during COMMIT: the token to repeat with', { skip: !postgres }, async (t) => {
  const { booking: direct, uri, resourceId } = await openShop(t, 'postgres');
  const long = 'longer than the sixty-three bytes that the C ABI has for a token in an error';
  for (const idempotencyToken of [undefined, 'mine', long]) {
    const way = await wayTo(t, uri);
    const booking = await open(way.uri, { retryTimeout: 100 });
    way.cutAtCommit();
    const request = { resourceId, dates: [day(1)], quantity: 1, idempotencyToken };
    const error = await failed(booking.createHold(request), 'UNKNOWN', 'same-token');
    if (idempotencyToken) assert.equal(error.idempotencyToken, idempotencyToken);
    const again = await direct.createHold({ ...request, idempotencyToken: error.idempotencyToken });
    assert.equal(again.replayed, true, 'it had been done');
    await booking.close();
  }
});

test('a confirm whose answer was lost, repeated after the deadline, is a replay',
  { skip: !postgres }, async (t) => {
    const { booking: direct, clock, uri, resourceId } = await openShop(t, 'postgres');
    const { hold } = await direct.createHold({ resourceId, dates: [day(1)], quantity: 1 });
    const way = await wayTo(t, uri);
    const booking = await open(way.uri, { retryTimeout: 100, clock });
    way.cutAtCommit();
    const confirm = { holdId: hold.id, orderId: 'order_1' };
    await failed(booking.confirmHold(confirm), 'UNKNOWN', 'same-token');
    await booking.close();
    clock.set(new Date(hold.expiresAt.getTime() + 1));
    const { allocation, replayed } = await direct.confirmHold(confirm);
    assert.equal(replayed, true);
    assert.deepEqual((await direct.listAllocations({ resourceId })).items, [allocation]);
  });

onEach(test, 'a resource that another program keeps locked: busy, and the same token works later',
  async (t, on) => {
    if (on === 'memory') return;
    const { booking, uri, resourceId } = await openShop(t, on,
      { lockTimeout: 50, retryTimeout: 100 });
    const letGo = await lockedElsewhere(t, uri, resourceId);
    const request = { resourceId, dates: [day(0)], quantity: 1, idempotencyToken: 'cart' };
    await failed(booking.createHold(request), 'BUSY', 'safe');
    await letGo();
    assert.equal((await booking.createHold(request)).replayed, false, 'nothing had happened');
    assert.equal((await booking.createHold(request)).replayed, true);
  });
