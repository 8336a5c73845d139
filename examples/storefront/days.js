// Calendar days as YYYY-MM-DD, months as YYYY-MM.
const DAY_MS = 24 * 60 * 60 * 1000;
const asDate = (day) => new Date(`${day}T00:00:00Z`);
const asDay = (date) => date.toISOString().slice(0, 10);

export const addDays = (day, count) => asDay(new Date(asDate(day).getTime() + count * DAY_MS));
export const count = (from, to) => Math.round((asDate(to) - asDate(from)) / DAY_MS) + 1;
export const range = (from, to) =>
  Array.from({ length: count(from, to) }, (_, at) => addDays(from, at));

/** Today where the resource is: its days are counted there. */
export const today = (timeZone) =>
  new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(new Date());

export const monthOf = (day) => day.slice(0, 7);
export const firstOf = (month) => `${month}-01`;
export function addMonths(month, more) {
  const date = asDate(firstOf(month));
  date.setUTCMonth(date.getUTCMonth() + more);
  return monthOf(asDay(date));
}
export const lastOf = (month) => addDays(firstOf(addMonths(month, 1)), -1);

/** 0 is Monday. */
export const column = (day) => (asDate(day).getUTCDay() + 6) % 7;

const written = (options) => {
  const format = new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', ...options });
  return (day) => format.format(asDate(day));
};
export const longDay = written({ weekday: 'long', day: 'numeric', month: 'long' });
export const longMonth = written({ month: 'long', year: 'numeric' });
export const weekday = written({ weekday: 'short' });

const short = new Intl.DateTimeFormat(undefined, {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});
/** `1–3 Jul 2027` */
export const writtenRange = (from, to) => short.formatRange(asDate(from), asDate(to));
