'use strict';

// Checks what a caller hands in, by the addon's tables, and names the field that is wrong. What a
// value may be within its type (how many places, how long a name) is the engine's to say.

const show = (value) => {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return 'an array';
  return value !== null && typeof value === 'object' ? 'an object' : String(value);
};

const wrong = (path, expected, value) => new TypeError(`${path}: ${expected}, not ${show(value)}`);

const checkText = (path, value) => {
  if (typeof value !== 'string') throw wrong(path, 'must be a string', value);
  if (value.includes('\0')) throw new TypeError(`${path}: must hold no NUL`);
  return value;
};

const checkNumber = (path, value) => {
  if (typeof value !== 'number') throw wrong(path, 'must be a number', value);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${path}: must be a whole number, not ${value}`);
  }
  return value;
};

const checkInteger = (path, value) => {
  if (checkNumber(path, value) !== (value | 0)) {
    throw new RangeError(`${path}: must fit 32 bits, not ${value}`);
  }
  return value;
};

// The C ABI reads these zeros as "not given": one that somebody wrote must not become a default.
const refuseZero = (path, value) => {
  if (value === 0) throw new RangeError(`${path}: must not be 0; leave it out for the default`);
  return value;
};

const checkBoolean = (path, value) => {
  if (typeof value !== 'boolean') throw wrong(path, 'must be true or false', value);
  return value;
};

const checkArray = (path, value) => {
  if (!Array.isArray(value)) throw wrong(path, 'must be an array', value);
  return value;
};

const checkJson = (path, value) => {
  let text;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TypeError(`${path}: must be a JSON value: ${cause.message}`, { cause });
  }
  if (text === undefined) throw wrong(path, 'must be a JSON value', value);
  return text;
};

const checkDay = (path, value) => {
  if (typeof value !== 'string') throw wrong(path, 'must be a string, YYYY-MM-DD', value);
  if (value.length !== 10) throw new RangeError(`${path}: must be YYYY-MM-DD, not ${show(value)}`);
  return value;
};

const checkName = (path, value, { names }) => {
  const place = names.indexOf(value);
  if (place >= 0) return place;
  if (typeof value !== 'string') throw wrong(path, 'must be a string', value);
  throw new RangeError(`${path}: must be one of ${names.join(', ')}, not ${show(value)}`);
};

const checkWeekdays = (path, value) => {
  if (checkArray(path, value).length === 0) throw new RangeError(`${path}: must not be empty`);
  let mask = 0;
  value.forEach((day, index) => {
    checkNumber(`${path}[${index}]`, day);
    if (day < 1 || day > 7) {
      throw new RangeError(`${path}[${index}]: must be 1 (Monday) to 7 (Sunday), not ${day}`);
    }
    mask |= 1 << (day - 1);
  });
  return mask;
};

/** Elements that are right cost no name: `isRight` looks first. */
const each = (isRight, check) => (path, value) => {
  checkArray(path, value);
  for (let i = 0; i < value.length; i++) {
    if (!isRight(value[i])) check(`${path}[${i}]`, value[i]);
  }
  return value;
};

const isDay = (value) => typeof value === 'string' && value.length === 10;
const isText = (value) => typeof value === 'string' && !value.includes('\0');
const checkDays = each(isDay, checkDay);

/** For each kind of src/operations.hpp: checks a value and gives what the addon takes. */
const kinds = {
  text: checkText,
  json: checkJson,
  integer: checkInteger,
  count: (path, value) => refuseZero(path, checkInteger(path, value)),
  long: (path, value) => refuseZero(path, checkNumber(path, value)),
  flag: (path, value) => Number(checkBoolean(path, value)),
  choice: (path, value) => (checkBoolean(path, value) ? 2 : 1),
  weekdays: checkWeekdays,
  name: checkName,
  day: checkDay,
  days: (path, value) => checkDays(path, value).join(),
  texts: each(isText, checkText),
};

/**
 * A function that turns an object into the list of values of a table's fields. `others` are keys
 * that somebody else looks at. `path` starts the names in messages, `items[2].`.
 */
function reader(fields, others = []) {
  const readers = fields.map((field) => ({ ...field, check: kinds[field.kind] }));
  const names = new Set([...fields.map(({ name }) => name), ...others]);
  return (given, path = '') => {
    if (given === null || typeof given !== 'object' || Array.isArray(given)) {
      throw wrong(path || 'request', 'must be an object', given);
    }
    for (const key in given) {
      if (!names.has(key)) throw new TypeError(`${path}${key}: there is no such field`);
    }
    const values = [];
    for (const field of readers) {
      const value = given[field.name];
      if (value !== undefined) {
        values.push(field.check(path + field.name, value, field));
      } else if (field.required) {
        throw new TypeError(`${path}${field.name}: missing`);
      } else {
        values.push(undefined);
      }
    }
    return values;
  };
}

/** Needs the fields of an item, which only the addon knows. */
function readItemsBy(itemFields) {
  const readItem = reader(itemFields);
  kinds.items = (path, value) =>
    checkArray(path, value).map((item, index) => readItem(item, `${path}[${index}].`));
}

module.exports = { reader, readItemsBy, wrong };
