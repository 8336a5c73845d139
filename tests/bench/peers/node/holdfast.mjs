// Holdfast through its Node binding: every caller a promise, all of them on one event loop.
import { createRequire } from 'node:module';
import { Refusal, measure, options } from './common.mjs';

const args = options({ package: { type: 'string' } });
const { BookingRejected, open, version } = createRequire(import.meta.url)(args.package);

async function asked(promise) {
  try {
    return await promise;
  } catch (error) {
    throw error instanceof BookingRejected ? new Refusal(error.code) : error;
  }
}

class Shop {
  constructor(booking) {
    this.booking = booking;
  }

  async createHold({ resource, dates, quantity, email, token }) {
    const { hold } = await asked(this.booking.createHold({
      resourceId: resource, dates, quantity, customerEmail: email, idempotencyToken: token }));
    return hold;
  }

  async confirmHold({ holdId, orderId, lineItemId }) {
    const { allocation } = await asked(this.booking.confirmHold({ holdId, orderId, lineItemId }));
    return allocation;
  }

  async releaseHold({ holdId }) {
    const { hold } = await asked(this.booking.releaseHold({ holdId }));
    return hold;
  }

  checkAvailability({ resource, startDate, endDate, quantity }) {
    return asked(this.booking.checkAvailability({
      resourceId: resource, startDate, endDate, quantity }));
  }

  /** One call for what the shop's own programs ask one by one. */
  searchAvailability(ranges) {
    const [{ startDate, endDate, quantity }] = ranges;
    return asked(this.booking.searchAvailability({
      resourceIds: ranges.map(({ resource }) => resource), startDate, endDate, quantity }));
  }

  async versions() {
    await this.booking.close();
    return { holdfast: version };
  }
}

await measure(new Shop(await open(args.uri)), args);
