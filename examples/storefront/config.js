// Where the shop is, and which of its publishable keys says what it sells.
export const shop = 'http://localhost:9000';
export const key = 'pk_...';
