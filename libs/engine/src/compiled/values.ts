/**
 * Values of compiled expressions: JavaScript's own, where they are exactly what DuckDB computes. Integers and decimals are whole
 * numbers up to 2^53, doubles are finite; whatever leaves that is `UNSURE`, and the engine's to compute.
 */

/** A number, a boolean, or NULL; a decimal as its digits without the point. */
export type Plain = number | boolean | null;

export type IntegerSize = 'small' | 'big' | 'huge';

export type PlainType =
  /** TINYINT to INTEGER, BIGINT, HUGEINT. */
  | { readonly kind: 'integer'; readonly size: IntegerSize }
  | { readonly kind: 'double' }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'boolean' }
  /** A constant NULL, which is of any type. */
  | { readonly kind: 'null' };

/** Thrown, so that it costs nothing where all is well. */
export const UNSURE = Symbol('unsure');

export const DOUBLE: PlainType = { kind: 'double' };
export const BOOLEAN: PlainType = { kind: 'boolean' };
export const NOTHING: PlainType = { kind: 'null' };
export const integer = (size: IntegerSize): PlainType => ({ kind: 'integer', size });

/** One zero: integers have no other, and 0 · -1 would be it. */
export function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw UNSURE;
  return value + 0;
}

export function finite(value: number): number {
  if (!Number.isFinite(value)) throw UNSURE;
  return value;
}

/** Powers that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
export const MAX_SCALE = POWERS.length - 1;

const powerOfTen = (power: number): number => POWERS[power] as number;

/** As DuckDB casts it: one division of what a double holds exactly. */
export const decimalToDouble = (digits: number, scale: number): number =>
  scale === 0 ? digits : digits / powerOfTen(scale);

/** The digits of a decimal's text, e.g. `-12.50`. */
export function digitsOf(text: string, scale: number): number {
  const point = text.indexOf('.');
  const decimals = point < 0 ? 0 : text.length - point - 1;
  if (decimals !== scale) throw UNSURE;
  return whole(Number(point < 0 ? text : text.slice(0, point) + text.slice(point + 1)));
}

/** DuckDB's round of a double: half away from zero, of the value times a power of ten. */
export function roundDouble(value: number, places: number): number {
  const power = powerOfTen(places);
  const rounded = halfAway(value * power) / power;
  return Number.isFinite(rounded) ? rounded : value;
}

function halfAway(value: number): number {
  const size = Math.abs(value);
  const below = Math.floor(size);
  const rounded = size - below >= 0.5 ? below + 1 : below;
  return value < 0 || Object.is(value, -0) ? -rounded : rounded;
}
