/** Values of two answers, held against each other. */
import type { Value } from '@tenon/domain';

const DECIMAL = /^([+-]?)0*(\d+)(?:\.(\d*?)0*)?$/;

/** Numbers may be written as texts, where a double would not hold them. */
export function numberOf(value: Value): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^[+-]?\d+(\.\d+)?$/.test(value)) return null;
  return Number(value);
}

/** The same to the last digit; a number is the same however many zeros it is written with. */
export function isEqual(a: Value, b: Value): boolean {
  if (Object.is(a, b) || JSON.stringify(a) === JSON.stringify(b)) return true;
  const [left, right] = [digitsOf(a), digitsOf(b)];
  return left !== null && left === right;
}

function digitsOf(value: Value): string | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const [, sign = '', whole, fraction = ''] = DECIMAL.exec(String(value)) ?? [];
  if (whole === undefined) return null;
  const digits = fraction === '' ? whole : `${whole}.${fraction}`;
  return sign === '-' && /[1-9]/.test(digits) ? `-${digits}` : digits;
}

/** b - a; NULL counts as 0 beside a number. Null: they are no numbers. */
export function differenceOf(a: Value, b: Value): number | null {
  const [left, right] = [a === null ? 0 : numberOf(a), b === null ? 0 : numberOf(b)];
  if (left === null || right === null || (a === null && b === null)) return null;
  if (typeof a === 'string' && typeof b === 'string' && /^[+-]?\d+$/.test(a) && /^[+-]?\d+$/.test(b))
    return Number(BigInt(b) - BigInt(a));
  // The difference of two decimals has no more places than they have; that of doubles would.
  const places = Math.max(placesOf(a), placesOf(b));
  return places === 0 || places > 100 ? right - left : Number((right - left).toFixed(places));
}

/** Digits behind the point; beyond all bounds of one that is written with an exponent. */
function placesOf(value: Value): number {
  const text = String(value);
  if (/e/i.test(text)) return Infinity;
  const point = text.indexOf('.');
  return point === -1 ? 0 : text.length - point - 1;
}

/** The difference in relation to the larger of the two, without their signs: 1 from nothing, or of what is no number. */
export function relativeOf(a: Value, b: Value): number {
  const difference = differenceOf(a, b);
  if (difference === null) return 1;
  const larger = Math.max(...[a, b].map((one) => Math.abs((one === null ? 0 : numberOf(one)) ?? 0)));
  return larger === 0 ? 0 : Math.abs(difference) / larger;
}
