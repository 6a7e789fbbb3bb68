// Values as text. Numbers keep all digits that were sent; what is rounded for reading carries the full value as title.
/** @typedef {import('../../src/wire').Value} Value */
/** @typedef {import('../../src/wire').ProductWindow} ProductWindow */
/** @typedef {import('../../src/wire').Column} Column */
/** @typedef {import('../../src/wire').Row} Row */

export const NOTHING = '–';
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
/** @type {Map<string, Intl.DateTimeFormat>} */
const dateFormats = new Map();

/** @param {number} n a count @returns {string} */
export const count = (n) => grouped.format(n);

/** A number beside an axis: 12.5K, and 1e+301 where there is no letter for it. @param {number} n */
export const brief = (n) =>
  Math.abs(n) < 1e15 ? compact.format(n) : Number(n.toPrecision(3)).toExponential();

/** @param {string} type */
export const isNumeric = (type) =>
  /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*|DOUBLE|FLOAT|REAL)$/i.test(type);

/**
 * A value as a number to draw; null where it is none. Wide integers and decimals come as strings.
 * @param {Value | undefined} value
 */
export function numeric(value) {
  if (typeof value === 'string' && value.trim() === '') return null;
  const n = typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
  return Number.isFinite(n) ? n : null;
}

/** @param {number} n @param {string} type */
function decimals(n, type) {
  const size = Math.abs(n);
  if (size >= 10_000 || n === 0) return 0;
  // A whole number among fractions keeps its places, so that a column reads evenly.
  if (Number.isInteger(n) && !/^(DOUBLE|FLOAT|REAL)/i.test(type)) return 0;
  if (size >= 100) return 1;
  return size >= 1 ? 2 : 3;
}

/** @param {number} n @param {string} type */
function number(n, type) {
  const scale = /^DECIMAL\(\d+, ?(\d+)\)$/i.exec(type)?.[1];
  // Money is shown to the last digit.
  if (scale !== undefined) return decimal(n.toFixed(Number(scale)));
  if (Math.abs(n) >= 1e15 && /^(DOUBLE|FLOAT|REAL)/i.test(type))
    return String(n).includes('e') ? String(n) : n.toExponential();
  const digits = decimals(n, type);
  if (n !== 0 && Math.abs(n) < 0.001) return n.toPrecision(3);
  return new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    n,
  );
}

/** A decimal string with its integer part grouped, all digits kept. @param {string} text */
const decimal = (text) =>
  text.replace(/^(-?)(\d+)/, (_, sign, whole) => sign + whole.replace(/\B(?=(\d{3})+$)/g, ','));

/**
 * One value for a reader.
 * @param {Value | undefined} value @param {string} type @returns {string}
 */
export function show(value, type) {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === 'number') return number(value, type);
  if (typeof value === 'string') {
    if (isNumeric(type) && /^-?\d/.test(value)) return decimal(value);
    return /^TIMESTAMP/i.test(type) ? instant(value) : value;
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value))
    return value.map((part) => show(part, type.replace(/\[\d*\]$/, ''))).join(' · ') || NOTHING;
  const entries = Object.entries(value);
  const shown = entries.slice(0, 3).map(([name, part]) => `${name} ${show(part, '')}`);
  return shown.join(' · ') + (entries.length > 3 ? ` · ${entries.length - 3} more` : '') || NOTHING;
}

/** A row's value; an estimate says so. @param {Row} row @param {Column} column */
export function showIn(row, column) {
  const estimated = Array.isArray(row['_approximate']) && row['_approximate'].includes(column.name);
  return (estimated ? '≈ ' : '') + show(row[column.name], column.type);
}

/** The value with nothing rounded or left out. @param {Value | undefined} value */
export const exact = (value) =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? 'null');

/**
 * A share as a percentage that never rounds to all or nothing.
 * @param {number} share between 0 and 1
 */
export function percent(share) {
  if (share > 0 && share < 0.001) return '<0.1';
  if (share < 1 && share > 0.999) return '>99.9';
  return share === 0 || share === 1 ? String(share * 100) : (share * 100).toFixed(1);
}

/** @param {string} name an identifier */
export const words = (name) => name.replaceAll('_', ' ');

/** @param {number} millis */
export function duration(millis) {
  const s = Math.max(0, millis) / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 120) return `${Math.round(s)} s`;
  return s < 7200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3600)} h`;
}

/** Time of day where the reader is. @param {number} millis */
export const clock = (millis) => new Date(millis).toLocaleTimeString('en-GB');

/** @param {number} millis @param {Intl.DateTimeFormatOptions} parts @param {string} [zone] */
function date(millis, parts, zone = 'UTC') {
  const name = JSON.stringify(parts);
  let format = dateFormats.get(name);
  if (!format)
    dateFormats.set(name, (format = new Intl.DateTimeFormat('en-GB', { ...parts, timeZone: zone })));
  return format.format(millis);
}

/** @type {Intl.DateTimeFormatOptions} */
const ON_DAY = { day: 'numeric', month: 'short', year: 'numeric' };
/** @type {Intl.DateTimeFormatOptions} */
const AT_MINUTE = { hour: '2-digit', minute: '2-digit' };

/** @param {string} text RFC 3339 */
function instant(text) {
  const at = Date.parse(text);
  return Number.isNaN(at) ? text : `${date(at, ON_DAY)} ${date(at, { ...AT_MINUTE, second: '2-digit' })}`;
}

/**
 * A window by its start: the month, the day, or from when to when.
 * @param {string} start RFC 3339 or a date @param {ProductWindow} window @param {boolean} [short] without the day
 */
export function windowLabel(start, window, short = false) {
  const at = Date.parse(start);
  if (Number.isNaN(at)) return start || NOTHING;
  if (window.sizeMonths >= 12 && window.sizeMonths % 12 === 0) return date(at, { year: 'numeric' });
  if (window.sizeMonths > 0) return date(at, { month: 'short', year: 'numeric' });
  const size = window.sizeMicros / 1000;
  if (size === DAY) return date(at, { weekday: 'short', ...ON_DAY });
  if (size > DAY) return `${date(at, ON_DAY)} – ${date(at + size - 1, ON_DAY)}`;
  const parts = size < MINUTE ? { ...AT_MINUTE, second: /** @type {const} */ ('2-digit') } : AT_MINUTE;
  const time = `${date(at, parts)}–${date(at + size, parts)}`;
  return short ? time : `${date(at, ON_DAY)}, ${time}`;
}
