// What else is in the process: Node 22 has an SQLite of its own, beside the one Holdfast uses.
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { day, failed, freshDatabase, open, openShop } from './support.mjs';

const sqlite = await import('node:sqlite').catch(() => null);
const skip = sqlite ? false : 'this Node has no node:sqlite';

const file = (uri) => uri.slice('sqlite:'.length);

test('a file that node:sqlite has open is not opened', { skip }, async () => {
  const database = freshDatabase('sqlite');
  const other = new sqlite.DatabaseSync(file(database.uri));
  const error = await failed(open(database.uri), 'CONFIGURATION', 'never');
  assert.match(error.message, /a second SQLite library/);
  other.close();
  await (await open(database.uri)).close();
  database.drop();
});

test('node:sqlite on the file of an open engine stops the writing until it closes', { skip },
  async (t) => {
    const { booking, resourceId, uri } = await openShop(t, 'sqlite');
    const hold = () => booking.createHold({ resourceId, dates: [day(0)], quantity: 1 });
    await hold();
    const other = new sqlite.DatabaseSync(file(uri));
    await sleep(1100); // the engine looks once a second
    await failed(hold(), 'CONFIGURATION', 'never');
    other.close();
    await hold();
  });

test('node:sqlite on another file disturbs nothing', { skip }, async (t) => {
  const { booking, resourceId } = await openShop(t, 'sqlite');
  const database = freshDatabase('sqlite');
  const other = new sqlite.DatabaseSync(file(database.uri));
  other.exec('CREATE TABLE mine (x)');
  await sleep(1100);
  await booking.createHold({ resourceId, dates: [day(0)], quantity: 1 });
  other.close();
  database.drop();
});
