// Read by tsc, and run: what the types allow works, and what they forbid is forbidden.
import { BookingFailed, BookingRejected, TestClock, open } from 'holdfast';
import type { Booking, CreateHoldRequest, Hold, Json, Logger, RejectionCode } from 'holdfast';

const logger: Logger = console;
const clock = new TestClock(new Date());

async function sell(booking: Booking): Promise<Hold> {
  const metadata: Json = { seats: [1, 2] };
  const { resource } = await booking.createResource({ type: 'TOUR', name: 'Reef', metadata });
  const range = { startDate: '2099-07-01', endDate: '2099-07-31' };
  await booking.initializeCapacity({
    resourceId: resource.id, ...range, dailyCapacity: 2, weekdays: [1, 2, 3, 4, 5, 6, 7],
  });
  const request: CreateHoldRequest = {
    resourceId: resource.id, dates: ['2099-07-01'], quantity: 2, customerEmail: undefined,
  };
  const { hold, replayed } = await booking.createHold(request);
  const seen: [string, Date, boolean] = [hold.id, hold.expiresAt, replayed];
  try {
    await booking.createHold(request);
  } catch (error) {
    if (!(error instanceof BookingRejected)) throw error;
    const code: RejectionCode = error.code;
    const left: number | undefined = error.details.days[0]?.availableCapacity;
    if (code !== 'INSUFFICIENT_CAPACITY' || left !== 0) throw error;
  }
  const page = await booking.listHolds({ status: 'ACTIVE' });
  if (page.items[0]?.id !== seen[0]) throw new Error('the hold is listed');
  return hold;
}

async function forbidden(booking: Booking): Promise<void> {
  // @ts-expect-error a field that does not exist
  await booking.listHolds({ stauts: 'ACTIVE' });
  // @ts-expect-error a name that does not exist
  await booking.listHolds({ status: 'active' });
  // @ts-expect-error quantity is missing
  await booking.createHold({ resourceId: '', dates: [] });
  // @ts-expect-error a Date is no day
  await booking.getCapacityReport({ resourceId: '', startDate: new Date(), endDate: '' });
  // @ts-expect-error an option that does not exist
  await open('memory:', { timeZone: 'UTC' });
  // @ts-expect-error open() makes them
  new BookingRejected();
}

async function main(): Promise<void> {
  await using booking = await open('memory:', { clock, logger, lanes: 2 });
  await booking.migrate();
  await sell(booking);
  try {
    await open('nowhere:');
  } catch (error) {
    if (!(error instanceof BookingFailed) || error.retry !== 'never') throw error;
  }
  void forbidden;
}

await main();
console.log('as typed');
