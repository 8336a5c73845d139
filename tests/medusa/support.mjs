// A real shop for tests: a database of its own, servers on free ports, and requests.
//
// HOLDFAST_SHOP is the built shop (see `stage`), HOLDFAST_SHOP_TEMPLATE a database that `prepare`
// has filled, HOLDFAST_TEST_POSTGRES the server that it is on.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const shopFolder = resolve(process.env.HOLDFAST_SHOP ?? join(root, 'build/medusa/shop'));
export const serverFolder = join(shopFolder, '.medusa', 'server');
export const ADMIN = { email: 'admin@shop.test', password: 'supersecret' };
const isOldest = /[/]2[.]11[.]\d+[/]/.test(shopFolder);
const logFolder = resolve(shopFolder, '..', 'logs');

/** So many times HOLDFAST_BUDGET, once at least. */
export const share = (count) =>
  Math.max(1, Math.round(count * Number(process.env.HOLDFAST_BUDGET ?? 1)));

// ---- databases ----------------------------------------------------------------------------------

const conninfo = process.env.HOLDFAST_TEST_POSTGRES ?? '';
const part = (name, otherwise) => new RegExp(`\\b${name}=(\\S+)`).exec(conninfo)?.[1] ?? otherwise;

const cluster = `${part('user', 'postgres')}@${part('host', '127.0.0.1')}:${part('port', '5432')}`;

export const databaseUrl = (name) => `postgres://${cluster}/${name}`;

export function psql(sql, database = part('dbname', 'postgres')) {
  const { status, stdout, stderr } = spawnSync(
    'psql',
    ['-qAtX', databaseUrl(database), '-c', sql],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

let databases = 0;

/** A database of its own: a copy of the prepared one, or an empty one. */
export function freshDatabase({ empty = false } = {}) {
  const name = `shop_${process.pid}_${++databases}`;
  const template = empty ? '' : ` TEMPLATE ${process.env.HOLDFAST_SHOP_TEMPLATE}`;
  psql(`CREATE DATABASE ${name}${template}`);
  return { name, url: databaseUrl(name), drop: () => psql(`DROP DATABASE ${name} WITH (FORCE)`) };
}

// ---- processes ----------------------------------------------------------------------------------

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const environment = ({ url, booking = {}, env = {} }) => ({
  ...process.env,
  NODE_ENV: 'production',
  MEDUSA_DISABLE_TELEMETRY: 'true',
  LOG_LEVEL: 'info',
  XDG_CONFIG_HOME: resolve(shopFolder, '..', '..', 'config'),
  DATABASE_URL: url,
  SHOP_BOOKING: JSON.stringify(booking),
  // Nobody crashes PostgreSQL here, and Medusa 2.11 stumbles over writes that take long.
  PGOPTIONS: '-c synchronous_commit=off',
  ...env,
});

// A few seconds, and much more on a machine that has other things to do.
const START_MS = 240_000;

const medusa = join(serverFolder, 'node_modules', '.bin', 'medusa');

/** Runs `medusa ARGUMENT...` to its end and gives what it said. */
export function command(args, { url, booking, env, mayFail = false }) {
  const done = spawnSync(medusa, args, {
    cwd: serverFolder,
    encoding: 'utf8',
    env: environment({ url, booking, env }),
  });
  const said = `${done.stdout}${done.stderr}`;
  if (!mayFail) assert.equal(done.status, 0, `medusa ${args.join(' ')}\n${said}`);
  return { status: done.status, said };
}

/** The same, without waiting. */
export async function commandAsync(args, { url, booking, env }) {
  const child = spawn(medusa, args, {
    cwd: serverFolder,
    env: environment({ url, booking, env }),
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      said += text;
    });
  const [status] = await once(child, 'close');
  return { status, said };
}

/** A compiled server; `args` as `['--cluster', '2']`. */
export class Server {
  #child;
  said = '';

  static async start({ url, booking, env, args = [] }) {
    const server = new Server();
    const port = await freePort();
    mkdirSync(logFolder, { recursive: true });
    server.base = `http://127.0.0.1:${port}`;
    server.log = join(logFolder, `${process.pid}-${port}.log`);
    // A group of its own, so that the processes of a cluster can be ended with it.
    server.#child = spawn(medusa, ['start', '-p', String(port), '-H', '127.0.0.1', ...args], {
      cwd: serverFolder,
      detached: true,
      env: environment({ url, booking, env }),
    });
    for (const stream of [server.#child.stdout, server.#child.stderr]) {
      stream.on('data', (text) => {
        server.said += text;
        appendFileSync(server.log, text);
      });
    }
    try {
      await server.#healthy();
    } catch (error) {
      await server.kill();
      throw error;
    }
    return server;
  }

  async #healthy() {
    const until = Date.now() + START_MS;
    while (Date.now() < until && this.#child.exitCode === null) {
      const answer = await fetch(`${this.base}/health`).catch(() => undefined);
      if (answer?.ok) return;
      await sleep(100);
    }
    throw new Error(`the server did not start:\n${this.said.slice(-4000)}`);
  }

  get pid() {
    return this.#child.pid;
  }

  async stop(signal = 'SIGTERM') {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    process.kill(-this.#child.pid, signal);
    const slow = setTimeout(() => process.kill(-this.#child.pid, 'SIGKILL'), 10_000);
    await ended;
    clearTimeout(slow);
  }

  kill() {
    return this.stop('SIGKILL');
  }
}

// ---- requests -----------------------------------------------------------------------------------

/** Somebody who sends requests: what is in `headers` goes with each. */
export class Client {
  constructor(base, headers = {}) {
    this.base = base;
    this.headers = headers;
  }

  with(headers) {
    return new Client(this.base, { ...this.headers, ...headers });
  }

  /** { status, headers, body } */
  async send(method, path, body, headers = {}) {
    const response = await fetch(this.base + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...this.headers,
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    let parsed = text;
    try {
      parsed = JSON.parse(text);
    } catch {
      /* it is text */
    }
    return { status: response.status, headers: response.headers, body: parsed };
  }

  /** The body; anything but a success is a failure of the test. */
  async ok(method, path, body, headers) {
    const answer = await this.send(method, path, body, headers);
    assert.ok(
      answer.status < 300,
      `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 2000)}`,
    );
    return answer.body;
  }

  /** The refusal, which must have this status and code. */
  async refused(status, code, method, path, body, headers) {
    const answer = await this.send(method, path, body, headers);
    assert.deepEqual(
      { status: answer.status, code: answer.body.code },
      { status, code },
      `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 2000)}`,
    );
    return answer;
  }
}

// ---- a shop -------------------------------------------------------------------------------------

const DAY_MS = 24 * 60 * 60 * 1000;

/** A day far enough ahead that no zone calls it the past. */
export const day = (ahead) =>
  new Date(Date.now() + (ahead + 2) * DAY_MS).toISOString().slice(0, 10);
export const days = (from, count) => Array.from({ length: count }, (_, at) => day(from + at));

/** A running shop with an admin and a publishable key. */
export class Shop {
  static async open({ booking, env, args, database = freshDatabase() } = {}) {
    const shop = new Shop();
    shop.database = database;
    shop.options = { url: database.url, booking, env, args };
    await shop.start();
    await shop.signIn();
    return shop;
  }

  async start(more = {}) {
    this.server = await Server.start({ ...this.options, ...more });
    const headers = this.admin?.headers;
    this.nobody = new Client(this.server.base);
    if (headers) this.admin = new Client(this.server.base, headers);
    if (this.key) this.store = this.nobody.with({ 'x-publishable-api-key': this.key });
  }

  async signIn() {
    const { token } = await this.nobody.ok('POST', '/auth/user/emailpass', ADMIN);
    this.admin = this.nobody.with({ authorization: `Bearer ${token}` });
    const { api_keys } = await this.admin.ok('GET', '/admin/api-keys?title=Bookings');
    this.key = api_keys[0].token;
    this.store = this.nobody.with({ 'x-publishable-api-key': this.key });
    const { regions } = await this.admin.ok('GET', '/admin/regions');
    this.region = regions.find(({ currency_code }) => currency_code === 'aud');
    const { sales_channels } = await this.admin.ok('GET', `/admin/sales-channels`);
    this.channel = sales_channels[0];
  }

  async close() {
    await this.server?.stop();
    this.database.drop();
  }

  /** A resource with so many places on each of the next sixty days. */
  async resource(places = 5, fields = {}) {
    const { resource } = await this.admin.ok('POST', '/admin/resource-booking/resources', {
      type: 'TOUR',
      name: `Tour ${Math.random()}`,
      ...fields,
    });
    await this.admin.ok('POST', '/admin/resource-booking/capacity/initialize', {
      resource_id: resource.id,
      start_date: day(0),
      end_date: day(60),
      daily_capacity: places,
    });
    return resource;
  }

  /** A product with a variant, linked to the resource. */
  async product(resource, { of = 'product' } = {}) {
    const { product } = await this.admin.ok('POST', '/admin/products', {
      title: `Product ${Math.random()}`,
      status: 'published',
      sales_channels: [{ id: this.channel.id }],
      options: [{ title: 'Kind', values: ['Adult'] }],
      variants: [
        {
          title: 'Adult',
          options: { Kind: 'Adult' },
          manage_inventory: false,
          prices: [{ currency_code: 'aud', amount: 50 }],
        },
      ],
    });
    if (resource) {
      const id = of === 'product' ? product.id : product.variants[0].id;
      await this.admin.ok('POST', `/admin/resource-booking/${of}s/${id}/resource`, {
        resource_id: resource.id,
      });
    }
    return product;
  }

  async cart(fields = {}) {
    const { cart } = await this.store.ok('POST', '/store/carts', {
      region_id: this.region.id,
      email: 'guest@shop.test',
      shipping_address: {
        first_name: 'A',
        last_name: 'B',
        address_1: '1 Pier',
        city: 'Cairns',
        postal_code: '4870',
        country_code: 'au',
      },
      ...fields,
    });
    return cart;
  }

  /** Lets the shopper begin to pay. */
  async pay(cartId, provider = 'pp_system_default') {
    const { payment_collection: collection } = await this.store.ok(
      'POST',
      '/store/payment-collections',
      { cart_id: cartId },
    );
    const { payment_collection: begun } = await this.store.ok(
      'POST',
      `/store/payment-collections/${collection.id}/payment-sessions`,
      { provider_id: provider },
    );
    return begun.payment_sessions[0];
  }

  async complete(cartId) {
    const complete = () => this.store.send('POST', `/store/carts/${cartId}/complete`);
    const answer = await complete();
    if (!isOldest || answer.body.type !== 'conflict') return answer;
    // See TROUBLESHOOTING.md: it has lost count of its steps, and left the cart locked.
    return eventually(async () => {
      const again = await complete();
      assert.equal(again.body.type, 'order', JSON.stringify(again.body));
      return again;
    }, 150_000);
  }

  /** A cart with a booking, paid and completed: { cart, order, product }. */
  async order(resource, dates, quantity = 1) {
    const product = await this.product(resource);
    const cart = await this.cart();
    await this.store.ok('POST', `/store/resource-booking/carts/${cart.id}/line-items`, {
      variant_id: product.variants[0].id,
      quantity,
      dates,
    });
    await this.pay(cart.id);
    const { status, body } = await this.complete(cart.id);
    assert.equal(body.type, 'order', `${status} ${JSON.stringify(body)}`);
    return { cart, order: body.order, product };
  }

  allocationsOf(orderId) {
    return this.admin
      .ok('GET', `/admin/resource-booking/allocations?order_id=${orderId}`)
      .then(({ allocations }) => allocations);
  }

  /** The order as it is when its process has died before it was booked. */
  unbook(order, resource) {
    psql(
      `DELETE FROM holdfast.resource_allocations WHERE order_id = '${order.id}';
       UPDATE holdfast.resource_holds SET status = 'ACTIVE' WHERE resource_id = '${resource.id}'`,
      this.database.name,
    );
  }

  holdsOf(resourceId, status = 'ACTIVE') {
    return this.admin
      .ok('GET', `/admin/resource-booking/holds?resource_id=${resourceId}&status=${status}`)
      .then(({ holds }) => holds);
  }

  /** What is left of each day. */
  async left(resourceId, from, count) {
    const { available_dates } = await this.store.ok(
      'GET',
      '/store/resource-booking/availability' +
        `?resource_id=${resourceId}&start_date=${day(from)}&end_date=${day(from + count - 1)}`,
    );
    return available_dates.map(({ available_capacity }) => available_capacity);
  }

  /** The tables are sound. */
  async sound() {
    const { violations } = await this.admin.ok('GET', '/admin/resource-booking/verify');
    assert.deepEqual(violations, []);
  }
}

/** Waits until `check` passes; events of the shop are worked a moment later. */
export async function eventually(check, withinMs = 30_000) {
  const until = Date.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(50);
    }
  }
}

/** Makes the hold's time be over, in the database: nobody waits for half an hour. */
export const expire = (shop, holdId) =>
  psql(
    `UPDATE holdfast.resource_holds SET expires_at = expires_at - interval '1 day',
     created_at = created_at - interval '1 day' WHERE id = '${holdId}'`,
    shop.database.name,
  );
