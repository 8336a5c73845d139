// A month of days to choose a range from. Knows nothing of the shop.
import { column, longDay, range, weekday } from './days.js';

const REASONS = {
  PAST: 'over',
  INACTIVE: 'closed',
  NO_CAPACITY_SET: 'closed',
  BLACKOUT: 'closed',
  SOLD_OUT: 'sold out',
};
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

const element = (name, fields = {}, ...children) => {
  const made = Object.assign(document.createElement(name), fields);
  made.append(...children);
  return made;
};

export class Calendar {
  #days = [];
  #known = new Map();
  #range = [];
  #stop;

  /** Calls `onRange(first, last)`; both are undefined while nothing is chosen. */
  constructor(place, onRange) {
    this.place = place;
    this.onRange = onRange;
    place.addEventListener('click', (event) => this.#clicked(event));
    place.addEventListener('keydown', (event) => this.#pressed(event));
  }

  /** A month; what is chosen stays as long as all of it is free. */
  show(label, days) {
    this.label = label;
    this.#days = days;
    for (const day of days) this.#known.set(day.date, day);
    const [first, last] = this.#range;
    if (first && !this.#areFree(first, last)) this.choose();
    else this.#draw();
  }

  /** What was shown is of something else now. */
  forget() {
    this.#known.clear();
    this.choose();
  }

  #areFree(first, last) {
    return range(first, last).every((date) => this.#known.get(date)?.is_available);
  }

  choose(...between) {
    this.#range = between;
    this.onRange(...between);
    this.#draw();
  }

  #find(date) {
    return this.#days.find((day) => day.date === date);
  }

  #clicked(event) {
    const date = event.target.closest('button')?.dataset.date;
    if (!date || !this.#find(date).is_available) return;
    this.#stop = date;
    const [first, last] = this.#range;
    const goesOn = first && first === last && date > first;
    this.choose(goesOn && this.#areFree(first, date) ? first : date, date);
    this.#button(date).focus();
  }

  #pressed(event) {
    const at = this.#days.findIndex(({ date }) => date === event.target.dataset?.date);
    const to = this.#days[at + STEPS[event.key]];
    if (at < 0 || !(event.key in STEPS)) return;
    event.preventDefault();
    if (!to) return;
    this.#button(this.#stop)?.setAttribute('tabindex', '-1');
    this.#stop = to.date;
    this.#button(to.date).setAttribute('tabindex', '0');
    this.#button(to.date).focus();
  }

  #button(date) {
    return this.place.querySelector(`[data-date="${date}"]`);
  }

  #cell(day) {
    const { date, is_available: isFree, available_capacity: places, reason } = day;
    const [first, last] = this.#range;
    const isChosen = first <= date && date <= last;
    const state = isFree ? `${places} free` : REASONS[reason] ?? 'not to be had';
    const mark = isChosen ? '✓ ' : isFree ? '' : '× ';
    const button = element(
      'button',
      { type: 'button', className: `day ${isChosen ? 'chosen' : isFree ? '' : 'gone'}` },
      element('span', { className: 'spoken', textContent: `${longDay(date)}, ${state}` }),
      element('span', { ariaHidden: 'true', textContent: `${mark}${Number(date.slice(-2))}` }),
      element('small', { ariaHidden: 'true', textContent: state }),
    );
    button.dataset.date = date;
    button.tabIndex = date === this.#stop ? 0 : -1;
    button.setAttribute('aria-pressed', String(isChosen));
    if (!isFree) button.setAttribute('aria-disabled', 'true');
    return element('td', {}, button);
  }

  #draw() {
    if (this.#days.length === 0) return;
    if (!this.#find(this.#stop)) {
      this.#stop = (this.#days.find((day) => day.is_available) ?? this.#days[0]).date;
    }
    const head = element('tr');
    // The first of January 2024 was a Monday.
    for (const day of range('2024-01-01', '2024-01-07')) {
      head.append(element('th', { scope: 'col', textContent: weekday(day) }));
    }
    const body = element('tbody');
    let row = element('tr');
    for (let at = 0; at < column(this.#days[0].date); at++) row.append(element('td'));
    for (const day of this.#days) {
      if (row.children.length === 7) {
        body.append(row);
        row = element('tr');
      }
      row.append(this.#cell(day));
    }
    body.append(row);
    const table = element('table', {}, element('thead', {}, head), body);
    table.setAttribute('aria-label', this.label);
    this.place.replaceChildren(table);
  }
}
