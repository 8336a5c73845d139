// What else is free: the same for other days, and others of its type for the same days.
import { starts } from './shop.js';
import { addDays, count, writtenRange } from './days.js';

const AROUND = 14;
const MOST_DAYS = 4;
const MOST_OTHERS = 3;

/** [{ bookable, from, to, label }]: other days for the same, the nearest first; then others. */
export async function alternatives(bookables, wanted, { from, to, quantity, earliest }) {
  const days = count(from, to);
  const candidates = bookables.filter(({ resource }) => resource.type === wanted.resource.type);
  const first = addDays(from, -AROUND) < earliest ? earliest : addDays(from, -AROUND);
  const ids = [...new Set(candidates.map(({ resource }) => resource.id))];
  const found = await starts(ids, first, addDays(to, AROUND), quantity, days);
  const distance = (day) => Math.abs(count(from, day) - 1);
  const offer = (bookable, day) => {
    const end = addDays(day, days - 1);
    const label = `${bookable.product.title}, ${writtenRange(day, end)}`;
    return { bookable, from: day, to: end, label };
  };

  const beginsOf = ({ id }) => found.find((one) => one.resource_id === id)?.start_dates ?? [];
  const same = beginsOf(wanted.resource)
    .sort((one, other) => distance(one) - distance(other))
    .slice(0, MOST_DAYS)
    .map((day) => offer(wanted, day));
  const others = candidates
    .filter(({ resource }) => resource.id !== wanted.resource.id)
    .filter(({ resource }) => beginsOf(resource).includes(from))
    .slice(0, MOST_OTHERS)
    .map((bookable) => offer(bookable, from));
  return [...same, ...others];
}
