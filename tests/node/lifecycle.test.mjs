// Opening, closing, ending: of engines, workers and whole processes, with calls in flight.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { addTour, day, dice, entry, failed, freshDatabase, onEach, open, openShop, scaled,
  backends } from './support.mjs';

const prelude = `
  import { open, TestClock } from ${JSON.stringify(entry)};
  const booking = await open(process.env.DATABASE ?? 'memory:');
  await booking.migrate();
  const { resource } = await booking.createResource({ type: 'TOUR', name: 'Reef' });
  const resourceId = resource.id;
  await booking.initializeCapacity({
    resourceId, startDate: '2099-01-01', endDate: '2099-01-01', dailyCapacity: 1000000 });
  const hold = () => booking.createHold({ resourceId, dates: ['2099-01-01'], quantity: 1 });
`;

/** Runs a program after the prelude to its end: { status, signal, stdout, stderr }. */
function run(program, { flags = [], env = {} } = {}) {
  return spawnSync(process.execPath, [...flags, '--input-type=module', '-e', prelude + program],
    { encoding: 'utf8', timeout: 60_000, env: { ...process.env, ...env } });
}

function ended(result, status) {
  assert.deepEqual([result.status, result.signal], [status, null], result.stderr);
  return result;
}

test('a program ends when it has nothing to wait for, also with an engine open', () => {
  ended(run(''), 0);
});

test('a program waits for what it has asked', () => {
  assert.equal(ended(run('hold().then(() => console.log("held"));'), 0).stdout, 'held\n');
});

onEach(test, 'process.exit with a thousand calls pending', (t, on) => {
  const database = freshDatabase(on);
  t.after(() => database.drop());
  const program = 'for (let i = 0; i < 1000; i++) hold().catch(() => {}); process.exit(7);';
  ended(run(program, { env: { DATABASE: database.uri } }), 7);
});

test('process.exit while opening, while closing, and in a logger', () => {
  ended(run('open("memory:"); process.exit(3);'), 3);
  ended(run('booking.close(); process.exit(4);'), 4);
  const exit = '() => process.exit(5)';
  ended(run(`const logger = { debug: ${exit}, info: ${exit}, warn: ${exit}, error: ${exit} };
    const other = await open('sqlite::memory:', { logger });
    for (let i = 0; i < 100; i++) other.migrate().catch(() => {});
    setTimeout(() => process.exit(5), 5000);`), 5);
});

test('an uncaught exception in an answer with calls pending', () => {
  const program = `process.on('exit', () => console.log('exit seen'));
    for (let i = 0; i < 1000; i++) hold().then(() => { throw new Error('boom'); });`;
  const result = ended(run(program), 1);
  assert.equal(result.stdout, 'exit seen\n');
  assert.match(result.stderr, /boom/);
});

test('a caught one leaves the other answers alone', () => {
  const program = `let seen = 0;
    process.on('uncaughtException', () => { seen++; });
    const all = Array.from({ length: 100 }, hold);
    all.forEach((held) => held.then(() => { process.nextTick(() => { throw new Error('x'); }); }));
    await Promise.all(all);
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log(seen);`;
  assert.equal(ended(run(program), 0).stdout, '100\n');
});

test('a process that is killed by a signal while it books', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `${prelude}
    const go = () => hold().then(go); for (let i = 0; i < 100; i++) go(); console.log('going');`],
  { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  assert.deepEqual((await once(child, 'exit'))[1], 'SIGTERM');
});

test('an engine that nobody holds is closed; one that is waited for is not', () => {
  const program = `
    await booking.close();
    let late = open('memory:').then((other) => { other.migrate(); return other.metrics(); });
    for (let i = 0; i < 20; i++) { global.gc(); await new Promise((r) => setTimeout(r, 2)); }
    await late;
    const ids = new FinalizationRegistry(() => {});
    for (let i = 0; i < 1100; i++) {
      await open('memory:');
      if (i % 100 === 0) { global.gc(); await new Promise((r) => setTimeout(r, 20)); }
    }
    console.log('more than the 1,024 that can be open at once');`;
  const result = ended(run(program, { flags: ['--expose-gc'] }), 0);
  assert.match(result.stdout, /1,024/);
});

test('garbage is collected with calls pending', () => {
  const program = `
    for (let round = 0; round < 50; round++) {
      const going = Array.from({ length: 100 }, hold);
      global.gc();
      await Promise.all(going);
    }`;
  ended(run(program, { flags: ['--expose-gc'] }), 0);
});

onEach(test, 'close answers everything: with what was done, or CLOSED', async (t, on) => {
  const database = freshDatabase(on);
  t.after(() => database.drop());
  const booking = await open(database.uri);
  await booking.migrate();
  const resourceId = await addTour(booking, 1000);
  const going = Array.from({ length: 500 }, () =>
    booking.createHold({ resourceId, dates: [day(0)], quantity: 1 }));
  const closed = booking.close();
  const settled = await Promise.allSettled(going);
  await closed;
  const held = settled.filter(({ status }) => status === 'fulfilled').length;
  for (const { reason } of settled) if (reason) assert.equal(reason.code, 'CLOSED');
  if (on === 'memory') return;
  const again = await open(database.uri);
  const { availableCapacity } = (await again.checkAvailability(
    { resourceId, startDate: day(0), endDate: day(0), quantity: 1 })).days[0];
  assert.equal(availableCapacity, 1000 - held, 'CLOSED means that nothing happened');
  await again.close();
});

test('an engine closes itself at the end of a block', async () => {
  const booking = await open('memory:');
  await booking[Symbol.asyncDispose]();
  await failed(booking.migrate(), 'CLOSED', 'never');
});

test('the event loop turns while engines open, work and close; no pool thread is needed', () => {
  const program = `
    import { pbkdf2 } from 'node:crypto';
    for (let i = 0; i < 4; i++) pbkdf2('a', 'b', 2_000_000, 64, 'sha512', () => {});
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const began = performance.now();
    const other = await open('sqlite::memory:');
    await Promise.all(Array.from({ length: 1000 }, hold));
    await other.close();
    const took = performance.now() - began;
    clearInterval(timer);
    console.log(JSON.stringify({ turns, took }));
    process.exit(0);`;
  const result = ended(run(program, { env: { UV_THREADPOOL_SIZE: '1' } }), 0);
  const { turns, took } = JSON.parse(result.stdout);
  assert.ok(turns > 0 && took < 2000, result.stdout);
});

test('calls that lead to the next one keep no timer waiting', () => {
  const program = `
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const end = performance.now() + 500;
    const caller = async () => {
      while (performance.now() < end) await booking.retrieveResource({ resourceId });
    };
    await Promise.all(Array.from({ length: 100 }, caller));
    clearInterval(timer);
    console.log(turns);
    process.exit(0);`;
  const turns = Number(ended(run(program), 0).stdout);
  // Hundreds; a tenth of that where Node serves all wake-ups that it finds before it turns.
  assert.ok(turns > 80, `${turns} turns in half a second`);
});

test('workers each have engines of their own', async () => {
  const source = `data:text/javascript,${encodeURIComponent(`${prelude}
    import { parentPort } from 'node:worker_threads';
    await Promise.all(Array.from({ length: 100 }, hold));
    parentPort.postMessage((await booking.metrics()).holdsCreated);`)}`;
  const answers = await Promise.all(Array.from({ length: 4 }, async () => {
    const worker = new Worker(new URL(source));
    const [[count], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
    assert.equal(code, 0);
    return count;
  }));
  assert.deepEqual(answers, [100, 100, 100, 100]);
});

test('workers are terminated with calls in flight', async () => {
  const random = dice();
  const file = freshDatabase('sqlite');
  const source = (uri) => `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    process.env.DATABASE = ${JSON.stringify(uri)};
    parentPort.postMessage('begun');
    // Some are ended while they load and open, some while they book.
    ${prelude}
    const go = () => hold().then(go, go);
    for (let i = 0; i < 50; i++) go();`)}`;
  const one = async (uri) => {
    const worker = new Worker(new URL(source(uri)));
    await once(worker, 'message');
    await sleep(random() * 60);
    await worker.terminate();
  };
  const rounds = scaled(25);
  for (let i = 0; i < rounds; i++) {
    await Promise.all([one('memory:'), one(i % 5 ? 'memory:' : file.uri)]);
  }
  file.drop();
});

test('a database that stands still does not keep a process from ending',
  { skip: !backends.includes('postgres') }, async (t) => {
    const { uri } = await openShop(t, 'postgres');
    const [, host] = /host=(\S+)/.exec(uri);
    const [, port] = /port=(\d+)/.exec(uri);
    // Between the engine and the server stands a way that goes deaf, as a stopped server would.
    const program = `
      import net from 'node:net';
      const proxy = net.createServer((client) => {
        const server = net.connect(${port}, ${JSON.stringify(host)});
        client.on('error', () => {}).on('data', (data) => { if (!deaf) server.write(data); });
        server.on('error', () => {}).on('data', (data) => { if (!deaf) client.write(data); });
      });
      let deaf = false;
      await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const far = await open(${JSON.stringify(uri)}.replace(/port=\\d+/,
        'port=' + proxy.address().port));
      await far.listResources();
      deaf = true;
      far.createResource({ type: 'TOUR', name: 'Reef' }).catch(() => {});
      setTimeout(() => process.exit(6), 50);`;
    const began = performance.now();
    ended(run(program), 6);
    assert.ok(performance.now() - began < 20_000);
  });

test('a logger is told, in order, and what it throws is its own', async () => {
  const program = `
    const seen = [];
    const level = (name) => (line) => seen.push(name + ' ' + line);
    const logger = { debug: level('debug'), info: level('info'), warn: level('warn'),
      error: level('error') };
    const other = await open('sqlite:' + process.env.FOLDER + '/a.db', { logger });
    await other.migrate();
    await other.close();
    console.log(JSON.stringify(seen));
    let thrown = 0;
    process.on('uncaughtException', () => thrown++);
    const throws = () => { throw new Error('mine'); };
    const loud = await open('sqlite:' + process.env.FOLDER + '/b.db',
      { logger: { debug: throws, info: throws, warn: throws, error: throws } });
    await loud.migrate();
    await loud.close();
    console.log(thrown);`;
  const file = freshDatabase('sqlite');
  const folder = file.uri.slice('sqlite:'.length, -'/bookings.db'.length);
  const [lines, thrown] = ended(run(program, { env: { FOLDER: folder } }), 0).stdout.split('\n');
  file.drop();
  assert.ok(JSON.parse(lines).length > 0, 'something was logged');
  for (const line of JSON.parse(lines)) assert.match(line, /^(debug|info|warn|error) \S/);
  assert.equal(Number(thrown), JSON.parse(lines).length, 'each line was told, whatever happened');
});

test('memory stays flat over many calls', () => {
  // --expose-gc in a process of its own; HOLDFAST_NODE_CALLS=1000000 for the long one, by hand.
  const calls = Number(process.env.HOLDFAST_NODE_CALLS ?? scaled(20_000));
  const program = `
    const { hold: first } = await hold();
    const asks = [
      () => booking.retrieveHold({ holdId: first.id }),
      () => booking.checkAvailability({
        resourceId, startDate: '2099-01-01', endDate: '2099-01-01', quantity: 1 }),
      () => booking.createHold({ resourceId, dates: ['2099-01-02'], quantity: 1 }).catch(() => {}),
      () => booking.createHold({ resourceId, dates: ['nonsense'], quantity: 1 }).catch(() => {}),
      () => booking.releaseHold({ holdId: first.id }),
      () => booking.metrics({ resourceIds: [resourceId] }),
    ];
    const work = async (count) => {
      for (let done = 0; done < count; done += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, i) => asks[i % asks.length]()));
      }
      global.gc();
      return process.memoryUsage().rss / 2 ** 20;
    };
    await work(40_000);  // until the allocator has what it wants
    const before = await work(20_000);
    const after = await work(${calls});
    console.log(JSON.stringify({ before, after }));`;
  const result = spawnSync(process.execPath,
    ['--expose-gc', '--input-type=module', '-e', prelude + program],
    { encoding: 'utf8', timeout: 600_000 });
  const { before, after } = JSON.parse(ended(result, 0).stdout);
  console.log(`after ${calls} calls: ${before.toFixed(1)} MiB, then ${after.toFixed(1)} MiB`);
  // A leak of 100 bytes a call would be 95 MiB in the long one.
  assert.ok(after - before < 32, `${before} MiB, then ${after} MiB`);
});
