// What else is free: the same for other days, and others of its type for the same days.
import { starts } from './shop.js';
import { addDays, count, writtenRange } from './days.js';

const AROUND = 14;
const MOST = 6;

/** [{ bookable, from, to, label }], the nearest first. */
export async function alternatives(bookables, wanted, { from, to, quantity, earliest }) {
  const days = count(from, to);
  const candidates = bookables.filter(({ resource }) => resource.type === wanted.resource.type);
  const first = addDays(from, -AROUND) < earliest ? earliest : addDays(from, -AROUND);
  const ids = [...new Set(candidates.map(({ resource }) => resource.id))];
  const found = await starts(ids, first, addDays(to, AROUND), quantity, days);
  const distance = (day) => Math.abs(count(from, day) - 1);

  const offers = found.flatMap(({ resource_id: id, start_dates: begins }) => {
    const bookable = candidates.find(({ resource }) => resource.id === id);
    const isSame = id === wanted.resource.id;
    const on = begins.filter((day) => isSame || day === from);
    return on.map((day) => ({ bookable, from: day, to: addDays(day, days - 1) }));
  });
  return offers
    .sort((one, other) => distance(one.from) - distance(other.from))
    .slice(0, MOST)
    .map((offer) => ({
      ...offer,
      label: `${offer.bookable.product.title}, ${writtenRange(offer.from, offer.to)}`,
    }));
}
