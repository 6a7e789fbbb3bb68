/**
 * Timestamps without a clock or a calendar object: microseconds since 1970-01-01T00:00:00Z as a JS number, exact for
 * whole seconds of every year up to 9999 and for microseconds from 1684 to 2255. What decides a value goes by text or BigInt.
 */
const DAY_SECONDS = 86_400;
const DAY_MICROS = DAY_SECONDS * 1e6;
const MICROS = 1_000_000n;

/** A moment, exact to the nanosecond. */
interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

/**
 * Reads RFC 3339 and the usual forms of ISO 8601: `2001-01-01T00:00:00.5+02:00`, a blank for the T, no seconds, a date
 * alone (midnight), years of six digits with a sign. An offset is honoured; none means UTC. Digits beyond microseconds
 * are cut off.
 *
 * @returns microseconds since the epoch, or undefined for what is no moment (February 30, hour 24, a leap second).
 */
export function parseTimestamp(text: string): number | undefined {
  const instant = parseInstant(text);
  return instant === undefined ? undefined : instant.seconds * 1e6 + Math.floor(instant.nanos / 1000);
}

/** RFC 3339 in UTC, with six decimals if there is a fraction; years outside of 0–9999 with sign and six digits. */
export function formatTimestamp(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  return format(seconds, Math.round(micros - seconds * 1e6));
}

/** As `formatTimestamp`, of microseconds that a number may not hold. */
export function formatMicros(micros: bigint): string {
  const fraction = Number(((micros % MICROS) + MICROS) % MICROS);
  return format(Number((micros - BigInt(fraction)) / MICROS), fraction);
}

/**
 * A moment's text as `formatTimestamp` writes it, by digits and not by a number: exact to the microsecond in every year.
 *
 * @returns undefined for what is no moment
 */
export function canonicalTimestamp(text: string): string | undefined {
  const instant = parseInstant(text);
  return instant === undefined ? undefined : format(instant.seconds, Math.floor(instant.nanos / 1000));
}

/** @param fraction microseconds of the second */
function format(seconds: number, fraction: number): string {
  const days = Math.floor(seconds / DAY_SECONDS);
  const second = seconds - days * DAY_SECONDS;
  const time = `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
  return `${formatDay(days)}T${time}${fraction === 0 ? '' : `.${String(fraction).padStart(6, '0')}`}Z`;
}

/** The same time of day on the same day of a later month, or on its last where it has no such day. Microseconds; NaN of NaN. */
export function plusMonths(micros: number, added: number): number {
  const days = Math.floor(micros / DAY_MICROS);
  const { year, month, day } = civil(days);
  const months = year * 12 + month - 1 + added;
  const endYear = Math.floor(months / 12);
  const endMonth = months - endYear * 12 + 1;
  return (
    dayNumber(endYear, endMonth, Math.min(day, daysIn(endYear, endMonth))) * DAY_MICROS +
    (micros - days * DAY_MICROS)
  );
}

const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/**
 * Text in whose ASCII order moments stand in time, one text per moment; ends with `!`, holds only `$` to `|` before.
 *
 * @returns undefined if the text is no timestamp
 */
export function timestampSortKey(text: string): string | undefined {
  if (CANONICAL.test(text)) return `t${withoutTrailingZeros(text.slice(0, -1))}!`;
  if (text === 'infinity') return 'v!';
  if (text === '-infinity') return 'r!';
  const instant = parseInstant(text);
  if (instant === undefined) return undefined;
  const fraction = `.${String(instant.nanos).padStart(9, '0')}`;
  const whole = formatTimestamp(instant.seconds * 1e6);
  if (whole.length === 20) return `t${withoutTrailingZeros(whole.slice(0, 19) + fraction)}!`;
  // Outside of the four-digit years: seconds from before every year that can be written, 14 digits.
  const shifted = String(instant.seconds + 5e13).padStart(14, '0');
  return `${instant.seconds < 0 ? 's' : 'u'}${withoutTrailingZeros(shifted + fraction)}!`;
}

/** Without the zeros that end a fraction, and without a fraction of zeros. */
function withoutTrailingZeros(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return last === 48 && text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const CANONICAL_DATE = /^\d{4}-\d\d-\d\d$/;

/** As `timestampSortKey`, for dates. */
export function dateSortKey(text: string): string | undefined {
  return CANONICAL_DATE.test(text) ? `t${text}!` : timestampSortKey(text);
}

const WRITTEN_DATE = /^(\d{4,7})-(\d\d)-(\d\d)( \(BC\))?$/;

/**
 * Orders two dates as DuckDB writes them, also before our era and beyond the year 9999: `0044-03-15 (BC)`, `290000-01-01`.
 *
 * @returns undefined if one of them is no date
 */
export function compareDates(a: string, b: string): number | undefined {
  if (CANONICAL_DATE.test(a) && CANONICAL_DATE.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [dayOf(a), dayOf(b)];
  if (x === undefined || y === undefined) return undefined;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Days since the epoch; of a moment with the part of its day. */
function dayOf(text: string): number | undefined {
  const [, year, month, day, before] = WRITTEN_DATE.exec(text) ?? [];
  if (year !== undefined)
    return dayNumber(before === undefined ? Number(year) : 1 - Number(year), Number(month), Number(day));
  if (text === 'infinity' || text === '-infinity') return text === 'infinity' ? Infinity : -Infinity;
  const instant = parseInstant(text);
  return instant === undefined ? undefined : (instant.seconds + instant.nanos / 1e9) / DAY_SECONDS;
}

/** As `timestampSortKey`, for times of day `HH:MM:SS[.ffffff]`. */
export function timeSortKey(text: string): string | undefined {
  return /^\d\d:\d\d:\d\d(\.\d+)?$/.test(text) ? `t${withoutTrailingZeros(text)}!` : undefined;
}

function parseInstant(text: string): Instant | undefined {
  const sign = text.charCodeAt(0);
  const expanded = sign === 43 || sign === 45;
  const year = expanded ? digits(text, 1, 6) : digits(text, 0, 4);
  let at = expanded ? 7 : 4;
  const month = digits(text, at + 1, 2);
  const day = digits(text, at + 4, 2);
  if (text.charCodeAt(at) !== 45 || text.charCodeAt(at + 3) !== 45) return undefined;
  const signed = sign === 45 ? -year : year;
  // Written so that NaN, which is what `digits` gives for anything else, fails.
  if (
    !(month >= 1 && month <= 12 && day >= 1 && day <= daysIn(signed, month)) ||
    !(year >= (sign === 45 ? 1 : 0))
  )
    return undefined;
  const midnight = dayNumber(signed, month, day) * DAY_SECONDS;
  at += 6;
  if (at === text.length) return { seconds: midnight, nanos: 0 };
  const separator = text.charCodeAt(at);
  if (separator !== 84 && separator !== 116 && separator !== 32) return undefined;
  const hour = digits(text, at + 1, 2);
  const minute = digits(text, at + 4, 2);
  if (!(hour <= 23 && minute <= 59) || text.charCodeAt(at + 3) !== 58) return undefined;
  at += 6;
  let second = 0;
  let nanos = 0;
  if (text.charCodeAt(at) === 58) {
    second = digits(text, at + 1, 2);
    if (!(second <= 59)) return undefined;
    at += 3;
    if (text.charCodeAt(at) === 46) {
      const from = at + 1;
      at = endOfDigits(text, from);
      if (at === from) return undefined;
      const count = Math.min(at - from, 9);
      nanos = digits(text, from, count) * 10 ** (9 - count);
    }
  }
  const offset = parseOffset(text, at);
  if (offset === undefined) return undefined;
  return { seconds: midnight + hour * 3600 + minute * 60 + second - offset, nanos };
}

/** Seconds east of UTC: nothing, `Z`, `+02:00`, `+0200` or `+02` up to the end of the text. */
function parseOffset(text: string, at: number): number | undefined {
  const rest = text.length - at;
  const sign = text.charCodeAt(at);
  if (rest === 0 || (rest === 1 && (sign === 90 || sign === 122))) return 0;
  if (sign !== 43 && sign !== 45) return undefined;
  const hours = digits(text, at + 1, 2);
  const colon = text.charCodeAt(at + 3) === 58;
  const minutes = rest === 3 ? 0 : digits(text, at + (colon ? 4 : 3), 2);
  if (!(hours <= 23 && minutes <= 59) || (rest !== 3 && rest !== (colon ? 6 : 5))) return undefined;
  return (sign === 45 ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** The number that `count` digits make, or NaN if they are not all digits. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (digits(text, at, 1) >= 0) at += 1;
  return at;
}

const two = (value: number) => (value < 10 ? `0${value}` : String(value));

function formatDay(days: number): string {
  const { year, month, day } = civil(days);
  const name =
    year >= 0 && year <= 9999
      ? String(year).padStart(4, '0')
      : `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
  return `${name}-${two(month)}-${two(day)}`;
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (MONTH_DAYS[month - 1] ?? NaN);
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
export function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 +
    yearOfEra * 365 +
    Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) +
    dayOfYear -
    719_468
  );
}

/** The inverse of `dayNumber`. */
function civil(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted + (shifted < 10 ? 3 : -9);
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}
