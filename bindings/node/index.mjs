// The same objects as require() gives: one addon, one BookingRejected to compare with.
import holdfast from './index.js';

export const { Booking, BookingFailed, BookingRejected, TestClock, open, version } = holdfast;
