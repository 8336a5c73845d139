'use strict';

const { Booking, open } = require('./lib/booking.js');
const { TestClock } = require('./lib/clock.js');
const { BookingFailed, BookingRejected } = require('./lib/errors.js');
const { version } = require('./lib/native.js');

module.exports = { Booking, BookingFailed, BookingRejected, TestClock, open, version };
