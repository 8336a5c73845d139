// The shop's store routes that this page asks.
import { key, shop } from './config.js';

/** A refusal: `code` is for programs, `message` for people. Without a status nothing was heard. */
export class ShopError extends Error {
  constructor(message, { status, code } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }
  /** It may have happened: to be asked again, with the same token. */
  get isUnknown() {
    return this.status === undefined || this.status >= 500;
  }
}

// The shop's own words for these are for programmers.
const PLAIN = {
  INSUFFICIENT_CAPACITY: 'Somebody was faster: there are not enough places left.',
  BLACKOUT: 'These days cannot be booked any more.',
};

const random = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0'));
export const newToken = () => random().join('');

// Who sends it owns the holds that were made with it. This tab's alone, and gone with it.
function secret() {
  const kept = sessionStorage.getItem('secret') ?? newToken() + newToken();
  sessionStorage.setItem('secret', kept);
  return kept;
}

async function ask(method, path, body) {
  const response = await fetch(shop + path, {
    method,
    headers: {
      'x-publishable-api-key': key,
      'x-resource-booking-secret': secret(),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    body: body && JSON.stringify(body),
  }).catch(() => {
    throw new ShopError('The shop does not answer. Please try again.');
  });
  const said = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new ShopError(PLAIN[said.code] ?? said.message ?? 'That did not work.', {
      status: response.status,
      code: said.code,
    });
  }
  return said;
}

const booking = '/store/resource-booking';
const query = (fields) => new URLSearchParams(Object.entries(fields));

let firstRegion;
function region() {
  firstRegion ??= ask('GET', '/store/regions').then(({ regions }) => regions[0]);
  return firstRegion;
}

/** What can be booked: [{ product, variant, resource }]; a variant has its price in the region. */
export async function bookables() {
  const { products } = await ask(
    'GET',
    `/store/products?${query({
      limit: 50,
      fields: 'id,title,variants.id,*variants.calculated_price',
      region_id: (await region()).id,
    })}`,
  );
  const all = products.map(async (product) => {
    const { resources } = await ask('GET', `${booking}/resources?product_id=${product.id}`);
    return resources.map((resource) => ({ product, variant: product.variants[0], resource }));
  });
  return (await Promise.all(all)).flat();
}

export const availability = (resourceId, from, to, quantity) =>
  ask(
    'GET',
    `${booking}/availability?${query({
      resource_id: resourceId,
      start_date: from,
      end_date: to,
      quantity,
    })}`,
  ).then(({ available_dates: days }) => days);

/** On which days so long a stay can begin, of these resources. */
export const starts = (resourceIds, from, to, quantity, days) =>
  ask(
    'GET',
    `${booking}/search?${query({
      resource_ids: resourceIds.join(','),
      start_date: from,
      end_date: to,
      quantity,
      consecutive_days: days,
    })}`,
  ).then(({ resources }) => resources);

export const createHold = (wanted) =>
  ask('POST', `${booking}/holds`, wanted).then(({ hold }) => hold);
export const getHold = (id) => ask('GET', `${booking}/holds/${id}`).then(({ hold }) => hold);
export const releaseHold = (id) => ask('DELETE', `${booking}/holds/${id}`);
export const extendHold = (id, token) =>
  ask('POST', `${booking}/holds/${id}/extend`, { idempotency_token: token }).then(
    ({ hold }) => hold,
  );

export async function createCart(email, customer) {
  const { id, countries } = await region();
  const { cart } = await ask('POST', '/store/carts', {
    region_id: id,
    email,
    shipping_address: { ...customer, country_code: countries[0].iso_2 },
  });
  return cart;
}

export const cartHolds = (cartId) =>
  ask('GET', `${booking}/carts/${cartId}/holds`).then(({ holds }) => holds);

export const addToCart = (cartId, variantId, holdId) =>
  ask('POST', `${booking}/carts/${cartId}/line-items`, { variant_id: variantId, hold_id: holdId });

/** Begins to pay with the shop's own provider, which takes every payment. */
export async function beginPayment(cartId) {
  const { payment_collection: collection } = await ask('POST', '/store/payment-collections', {
    cart_id: cartId,
  });
  await ask('POST', `/store/payment-collections/${collection.id}/payment-sessions`, {
    provider_id: 'pp_system_default',
  });
}

/** The order; the same again for a cart that is one already. */
export async function complete(cartId) {
  const said = await ask('POST', `/store/carts/${cartId}/complete`);
  if (said.type === 'order') return said.order;
  throw new ShopError(said.error?.message ?? 'The order was not placed.', { status: 409 });
}
