// From a hold to an order. What was done stays done: after a failure the same cart goes on.
import * as shop from './shop.js';

const kept = () => JSON.parse(sessionStorage.getItem('cart') ?? '{}');
const keep = (cart) => sessionStorage.setItem('cart', JSON.stringify(cart));

async function cartFor(hold, { email, customer }) {
  const before = kept();
  if (before.holdId === hold.id) return before;
  const { id } = await shop.createCart(email, customer);
  return { id, holdId: hold.id };
}

/** Once: an answer may have been lost, and the same line again would be twice the places. */
async function fill(cart, hold, variant) {
  const holds = await shop.cartHolds(cart.id);
  if (!holds.some(({ id }) => id === hold.id)) await shop.addToCart(cart.id, variant.id, hold.id);
}

export async function checkOut({ hold, variant, email, customer }) {
  const cart = await cartFor(hold, { email, customer });
  keep(cart);
  await fill(cart, hold, variant);
  if (!cart.isPaying) await shop.beginPayment(cart.id);
  cart.isPaying = true;
  keep(cart);
  return shop.complete(cart.id);
}
