/** Moments and days from their texts to the integers of columns, by digits: exact in every year. */
import { dayNumber } from '@tenon/domain';

/** What DuckDB takes for infinity in a column of 64 bits, and of 32. */
const INFINITY_64 = 2n ** 63n - 1n;
const INFINITY_32 = 2n ** 31n - 1n;

/** As answers write them, and as DuckDB prints them: years of four digits and more, with a sign or `(BC)`. */
const MOMENT =
  /^([+-]?\d{4,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?(?:Z|\+00)?( \(BC\))?$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;

const DAY_SECONDS = 86_400n;

/** @param digits of the second's fraction: 0, 3, 6 or 9. @returns undefined for what is no moment, or finer */
export function unitsSinceEpoch(text: string, digits: number): bigint | undefined {
  if (text === 'infinity') return INFINITY_64;
  if (text === '-infinity') return -INFINITY_64;
  const found = MOMENT.exec(text);
  if (found === null) return undefined;
  const time = unitsOf(found.slice(4, 8), digits);
  if (time === undefined) return undefined;
  return BigInt(daysOf(found)) * DAY_SECONDS * 10n ** BigInt(digits) + time;
}

/** @returns undefined for what is no day */
export function daysSinceEpoch(text: string): number | undefined {
  if (text === 'infinity') return Number(INFINITY_32);
  if (text === '-infinity') return -Number(INFINITY_32);
  const found = MOMENT.exec(text);
  return found === null || found[4] !== undefined ? undefined : daysOf(found);
}

/** Of a time of day, as `unitsSinceEpoch`. */
export function unitsSinceMidnight(text: string, digits: number): bigint | undefined {
  const found = TIME.exec(text);
  return found === null ? undefined : unitsOf(found.slice(1), digits);
}

function daysOf([, year, month, day, , , , , bc]: readonly (string | undefined)[]): number {
  const written = Number(year);
  return dayNumber(bc === undefined ? written : 1 - written, Number(month), Number(day));
}

function unitsOf(
  [hours = '0', minutes = '0', seconds = '0', fraction = '']: readonly (string | undefined)[],
  digits: number,
): bigint | undefined {
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  const meant = fraction.replace(/0+$/, '');
  if (meant.length > digits) return undefined;
  return BigInt(whole) * 10n ** BigInt(digits) + BigInt(meant.padEnd(digits, '0') || '0');
}
