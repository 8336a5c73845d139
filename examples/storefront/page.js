// The page: what is chosen, what is held, what is booked.
import { alternatives } from './alternatives.js';
import { Calendar } from './calendar.js';
import { checkOut } from './checkout.js';
import { clock, Countdown } from './countdown.js';
import {
  addMonths,
  firstOf,
  lastOf,
  longMonth,
  monthOf,
  range,
  today,
  writtenRange,
} from './days.js';
import * as shop from './shop.js';

const at = (id) => document.getElementById(id);
const text = (id, said) => (at(id).textContent = said);
const show = (id, is) => (at(id).hidden = !is);

let bookables = [];
let month;
let chosen = [];
let hold;
// Asked again after a lost answer, a request has one effect.
let token = shop.newToken();
let extension = shop.newToken();

const wanted = () => bookables[at('product').value];
const quantity = () => Number(at('quantity').value);
const now = () => today(wanted().resource.timezone);

const money = (amount, currency) =>
  new Intl.NumberFormat(undefined, { style: 'currency', currency }).format(amount);

/** Of so many places. A variant need not have a price. */
function price({ calculated_price: one }, places) {
  return one ? money(places * one.calculated_amount, one.currency_code) : '';
}

function problem(error) {
  text('problem', error?.message ?? '');
  show('problem', Boolean(error));
}

// ---- choosing -----------------------------------------------------------------------------------

const calendar = new Calendar(at('calendar'), (first, last) => {
  chosen = first ? [first, last] : [];
  text('chosen', first ? `${writtenRange(first, last)} chosen` : 'No days are chosen yet');
  at('hold').disabled = !first || Boolean(hold);
});

async function showMonth() {
  const asked = month;
  const { resource } = wanted();
  const days = await shop.availability(resource.id, firstOf(month), lastOf(month), quantity());
  // Only what was asked for last is shown.
  if (asked !== month || resource !== wanted().resource) return;
  text('month', longMonth(firstOf(month)));
  calendar.show(`${wanted().product.title}, ${longMonth(firstOf(month))}`, days);
}

async function goTo(to) {
  month = to;
  at('before').disabled = month <= monthOf(now());
  await showMonth();
}

async function takeOffer({ bookable, from, to }) {
  show('alternatives', false);
  problem();
  at('product').value = bookables.indexOf(bookable);
  calendar.forget();
  await goTo(monthOf(from));
  calendar.choose(from, to);
  at('hold').focus();
}

async function offerInstead([from, to]) {
  const around = { from, to, quantity: quantity(), earliest: now() };
  const offers = await alternatives(bookables, wanted(), around);
  const lines = offers.map((offer) => {
    const button = Object.assign(document.createElement('button'), { textContent: offer.label });
    button.addEventListener('click', () => attempt(() => takeOffer(offer)));
    const line = document.createElement('li');
    line.append(button);
    return line;
  });
  at('alternatives').querySelector('ul').replaceChildren(...lines);
  show('alternatives', lines.length > 0);
}

// ---- holding ------------------------------------------------------------------------------------

const lifetime = ({ expires_at: end, updated_at: since }) => Date.parse(end) - Date.parse(since);

const countdown = new Countdown(
  ({ left, isLow, isActive }) => {
    text('countdown', clock(left));
    at('countdown').parentElement.classList.toggle('low', isLow);
    const warning = isLow ? 'left: little time' : 'left';
    if (at('warning').textContent !== warning) text('warning', warning);
    show('offer', isLow && isActive && left > 0 && !hold?.isAtItsEnd);
  },
  () => inTurn(checkIfOver),
);

function showHold(held, left = lifetime(held)) {
  hold = held;
  sessionStorage.setItem('hold', held.id);
  const { dates } = held;
  const what = `${held.quantity} × ${wanted().product.title}`;
  text('held-what', `${what}, ${writtenRange(dates[0], dates[dates.length - 1])}`);
  text('price', price(wanted().variant, held.quantity));
  show('choose', false);
  show('alternatives', false);
  show('held', true);
  countdown.start(left);
}

/** What this tab held before it was loaded again. */
async function resume() {
  const id = sessionStorage.getItem('hold');
  const held = id && (await shop.getHold(id).catch(() => undefined));
  const index = bookables.findIndex(({ resource }) => resource.id === held?.resource_id);
  if (held?.status !== 'ACTIVE' || index < 0) return;
  at('product').value = index;
  at('email').value = held.customer_email;
  at('quantity').value = held.quantity;
  chosen = [held.dates[0], held.dates[held.dates.length - 1]];
  showHold(held, Date.parse(held.expires_at) - Date.now());
}

async function backToChoosing(said) {
  countdown.stop();
  hold = undefined;
  sessionStorage.removeItem('hold');
  token = shop.newToken();
  show('held', false);
  show('booked', false);
  show('choose', true);
  text('message', said);
  at('product').focus();
  await showMonth();
}

/** The page's clock says that it is over; the shop's decides. */
async function checkIfOver() {
  const { status, expires_at: end } = await shop.getHold(hold.id);
  if (status === 'ACTIVE') {
    countdown.start(Math.max(1000, Date.parse(end) - Date.now()));
    return;
  }
  const days = [...chosen];
  await backToChoosing('The time is over, and the days are not held any more.');
  if (chosen.length === 0) await offerInstead(days);
}

/** A hold that is over sends the shopper back; anything else is said. */
async function ifOver(error) {
  if (error.status !== 410) throw error;
  await checkIfOver();
}

async function holdChosen() {
  const days = [...chosen];
  const asked = {
    resource_id: wanted().resource.id,
    dates: range(...days),
    quantity: quantity(),
    customer_email: at('email').value,
    idempotency_token: token,
  };
  try {
    showHold(await shop.createHold(asked));
    text('message', '');
    at('first').focus();
  } catch (error) {
    if (!error.isUnknown) token = shop.newToken();
    if (error.status !== 409) throw error;
    await showMonth();
    await offerInstead(days);
    throw error;
  }
}

async function extend() {
  try {
    const held = await shop.extendHold(hold.id, extension);
    extension = shop.newToken();
    showHold(held);
    text('message', 'You have more time now.');
  } catch (error) {
    if (!error.isUnknown) extension = shop.newToken();
    if (error.code === 'HOLD_LIFETIME_EXCEEDED') hold.isAtItsEnd = true;
    await ifOver(error);
  }
}

async function release() {
  await shop.releaseHold(hold.id);
  await backToChoosing('The days are free again.');
}

// ---- booking ------------------------------------------------------------------------------------

async function book() {
  const customer = {
    first_name: at('first').value,
    last_name: at('last').value,
    address_1: at('address').value,
    city: at('city').value,
    postal_code: at('postcode').value,
  };
  const { variant } = wanted();
  const email = at('email').value;
  let order;
  try {
    order = await checkOut({ hold, variant, email, customer });
  } catch (error) {
    await ifOver(error);
    return;
  }
  countdown.stop();
  sessionStorage.removeItem('hold');
  const what = at('held-what').textContent;
  const paid = money(order.total, order.currency_code);
  text('booked-what', `Order #${order.display_id} for ${order.email}: ${what}, ${paid}.`);
  show('held', false);
  show('booked', true);
  at('booked-title').focus();
}

// ---- what the shopper does ----------------------------------------------------------------------

let current;

/** One thing at a time, and what goes wrong is said. A second click meanwhile is left out. */
async function attempt(work) {
  if (current) return;
  problem();
  current = Promise.resolve().then(work).catch(problem);
  await current;
  current = undefined;
}

/** The same for what must not be left out: it waits. */
async function inTurn(work) {
  while (current) await current;
  await attempt(work);
}

const on = (id, event, work, how = attempt) =>
  at(id).addEventListener(event, (happened) => {
    if (event === 'submit') happened.preventDefault();
    void how(work);
  });

on('choose', 'submit', holdChosen);
const startAgain = () => {
  calendar.forget();
  return goTo(monthOf(now()));
};
const countAgain = () => {
  if (!at('quantity').reportValidity()) return undefined;
  calendar.forget();
  return showMonth();
};
on('product', 'change', startAgain, inTurn);
on('quantity', 'change', countAgain, inTurn);
on('before', 'click', () => goTo(addMonths(month, -1)), inTurn);
on('after', 'click', () => goTo(addMonths(month, 1)), inTurn);
on('extend', 'click', extend);
on('release', 'click', release);
on('checkout', 'submit', book);
on('again', 'click', () => {
  calendar.forget();
  return backToChoosing('');
});

void attempt(async () => {
  text('message', 'Loading…');
  bookables = await shop.bookables().finally(() => text('message', ''));
  at('product').replaceChildren(
    ...bookables.map(({ product }, index) => new Option(product.title, index)),
  );
  if (bookables.length === 0) {
    text('message', 'There is nothing to book.');
    return;
  }
  show('choose', true);
  await resume();
  await goTo(monthOf(now()));
});
