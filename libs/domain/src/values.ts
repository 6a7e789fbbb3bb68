/**
 * How SQL values are carried in JSON (in keys, states and answers), ordered and shown.
 *
 * | SQL | JSON |
 * |---|---|
 * | TINYINT … UHUGEINT | a number if it is a safe integer, else a decimal string |
 * | DECIMAL(p,s) | a decimal string as DuckDB prints it, `"12.50"`; in answers see `toAnswer` |
 * | DOUBLE, FLOAT | a number; `"NaN"`, `"Infinity"`, `"-Infinity"` |
 * | BOOLEAN, VARCHAR | as they are |
 * | TIMESTAMP, TIMESTAMPTZ | RFC 3339 in UTC, with a fraction only if it is not zero |
 * | DATE, TIME | `YYYY-MM-DD`, `HH:MM:SS[.ffffff]` |
 * | LIST, STRUCT, MAP | an array, an object, an array of `[key, value]` |
 * | all others | DuckDB's text |
 */
import { unscaledDigits } from './integers';
import type { SqlType, Value } from './sql-value';
import { type TypeShape, shapeOf } from './sql-type';
import { compareDates, timeSortKey, timestampSortKey } from './time';

export type Comparator = (a: Value, b: Value) => number;

/** DuckDB's order of non-null values: text by code point, NaN above Infinity, nested values by their parts. */
export function compareValues(type: SqlType, a: Value, b: Value): number {
  return comparatorOf(type)(a, b);
}

const comparators = new Map<SqlType, Comparator>();

/**
 * `compareValues` of one type. A null stands above everything, as DuckDB has it inside of nested values and at the end
 * of an ascending ORDER BY.
 */
export function comparatorOf(type: SqlType): Comparator {
  let comparator = comparators.get(type);
  if (comparator === undefined) {
    comparator = comparatorFor(shapeOf(type));
    comparators.set(type, comparator);
  }
  return comparator;
}

function comparatorFor(shape: TypeShape): Comparator {
  const compare = nonNullComparator(shape);
  return (a, b) => (a === null || b === null ? Number(a === null) - Number(b === null) : compare(a, b));
}

function nonNullComparator(shape: TypeShape): Comparator {
  switch (shape.kind) {
    case 'integer':
      return compareIntegers;
    case 'decimal':
      return decimalComparator(shape.scale);
    case 'double':
      return (a, b) => compareDoubles(decodeDouble(a), decodeDouble(b));
    case 'boolean':
      return (a, b) => Number(a) - Number(b);
    case 'timestamp':
      return compareTimestamps;
    case 'date':
      return byDate;
    case 'time':
      return bySortKey(timeSortKey);
    case 'interval':
      return compareIntervals;
    case 'list':
      return byParts(() => comparatorFor(shape.item));
    case 'struct':
      return byFields(shape.fields.map(([name, field]) => [name, comparatorFor(field)] as const));
    case 'map': {
      const pair = [comparatorFor(shape.key), comparatorFor(shape.value)] as const;
      const compare = byParts((index) => pair[index] ?? compareJson);
      return byParts(() => compare);
    }
    case 'text':
      return (a, b) =>
        typeof a === 'string' && typeof b === 'string' ? compareText(a, b) : compareJson(a, b);
  }
}

function compareIntegers(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const x = String(a);
  const y = String(b);
  const negative = x.startsWith('-');
  if (negative !== y.startsWith('-')) return negative ? -1 : 1;
  const order = x.length === y.length ? (x < y ? -1 : x > y ? 1 : 0) : x.length - y.length;
  return negative ? 0 - order : order;
}

/** Decimals as DuckDB prints them compare like integers, since their points stand at one place from the end. */
function decimalComparator(scale: number): Comparator {
  return (a, b) => {
    if (isPrintedDecimal(a, scale) && isPrintedDecimal(b, scale)) return compareIntegers(a, b);
    const [x, y] = [unscaledDigits(String(a), scale), unscaledDigits(String(b), scale)];
    return x === undefined || y === undefined ? compareOdd(x, y, a, b) : compareIntegers(x, y);
  };
}

function isPrintedDecimal(value: Value, scale: number): boolean {
  if (typeof value !== 'string') return false;
  const first = value.charCodeAt(0) === 45 ? 1 : 0;
  const whole = value.length - first - (scale === 0 ? 0 : scale + 1);
  if (whole < 1 || (scale > 0 && value.charCodeAt(first + whole) !== 46)) return false;
  return whole === 1 || value.charCodeAt(first) !== 48;
}

/** The number of a DOUBLE's JSON form. */
export function decodeDouble(value: Value): number {
  return typeof value === 'number' ? value : Number(value);
}

/** The JSON form of a DOUBLE; minus zero, which JSON can't hold, is zero. */
export function encodeDouble(value: number): number | string {
  return Number.isFinite(value) ? value + 0 : String(value);
}

function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** Order by code point, which is the order of the UTF-8 bytes: surrogates stand above the rest of the first plane. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

const codePointRank = (unit: number) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** A total order of any JSON, for what has no better one. */
function compareJson(a: Value, b: Value): number {
  return compareText(JSON.stringify(a), JSON.stringify(b));
}

/** Whole seconds of four-digit years, the usual case, compare as they are. */
function compareTimestamps(a: Value, b: Value): number {
  if (isWholeSecond(a) && isWholeSecond(b)) return a < b ? -1 : a > b ? 1 : 0;
  return compareMoments(a, b);
}

function isWholeSecond(value: Value): value is string {
  return (
    typeof value === 'string' &&
    value.length === 20 &&
    value.charCodeAt(10) === 84 &&
    value.charCodeAt(19) === 90
  );
}

const compareMoments = bySortKey(timestampSortKey);

function bySortKey(sortKey: (text: string) => string | undefined): Comparator {
  return (a, b) => {
    const [x, y] = [sortKey(String(a)), sortKey(String(b))];
    if (x === undefined || y === undefined) return compareOdd(x, y, a, b);
    return x < y ? -1 : x > y ? 1 : 0;
  };
}

const byDate: Comparator = (a, b) => {
  const [x, y] = [String(a), String(b)];
  const order = compareDates(x, y);
  if (order !== undefined) return order;
  const known = (text: string) => (compareDates(text, text) === undefined ? undefined : 'date');
  return compareOdd(known(x), known(y), a, b);
};

/** Values of which at least one is not what its type says: such values stand above all others. */
function compareOdd(x: string | undefined, y: string | undefined, a: Value, b: Value): number {
  return x === y ? compareJson(a, b) : x === undefined ? 1 : -1;
}

function byParts(comparatorAt: (index: number) => Comparator): Comparator {
  return (a, b) => {
    if (!Array.isArray(a) || !Array.isArray(b)) return compareJson(a, b);
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = comparatorAt(i)(a[i] as Value, b[i] as Value);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  };
}

function byFields(fields: readonly (readonly [string, Comparator])[]): Comparator {
  return (a, b) => {
    const [x, y] = [a, b] as unknown as { readonly [name: string]: Value }[];
    for (const [name, compare] of fields) {
      const order = compare(x?.[name] ?? null, y?.[name] ?? null);
      if (order !== 0) return order;
    }
    return 0;
  };
}

const MONTHS: Readonly<Record<string, bigint>> = { year: 12n, month: 1n };
const DAY_MICROS = 86_400_000_000n;

/**
 * An INTERVAL as DuckDB compares it: months, then days, then microseconds, after what fills a day (24 hours) or a month
 * (30 days) has been carried up.
 */
function intervalParts(text: string): readonly [months: bigint, days: bigint, micros: bigint] {
  let [months, days, micros] = [0n, 0n, 0n];
  for (const [, count, unit] of text.matchAll(/(-?\d+) (year|month|day)s?/g)) {
    if (unit === 'day') days += BigInt(count!);
    else months += BigInt(count!) * MONTHS[unit!]!;
  }
  const time = /(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text);
  if (time !== null) {
    const [, sign, hours, minutes, seconds, fraction] = time;
    const whole = BigInt(hours!) * 3600n + BigInt(minutes!) * 60n + BigInt(seconds!);
    micros = (whole * 1_000_000n + BigInt((fraction ?? '').padEnd(6, '0'))) * (sign === '-' ? -1n : 1n);
  }
  days += micros / DAY_MICROS;
  return [months + days / 30n, days % 30n, micros % DAY_MICROS];
}

function compareIntervals(a: Value, b: Value): number {
  const [x, y] = [intervalParts(String(a)), intervalParts(String(b))];
  const part = [0, 1, 2].find((index) => x[index] !== y[index]);
  return part === undefined ? 0 : x[part]! < y[part]! ? -1 : 1;
}

/**
 * A value as an answer shows it: decimals of up to 15 significant digits as numbers (a double holds them exactly enough
 * to print them back), maps whose keys are strings in JSON as objects.
 */
export function toAnswer(type: SqlType, value: Value): Value {
  return show(shapeOf(type), value);
}

/** Shapes that JSON carries as strings, and that may so be an object's names. */
export const TEXT_KEYS: ReadonlySet<string> = new Set(['text', 'timestamp', 'date', 'time', 'interval']);

function show(shape: TypeShape, value: Value): Value {
  if (value === null) return null;
  switch (shape.kind) {
    case 'decimal':
      return typeof value === 'string' && value.replace(/^[-0.]+|\./g, '').length <= 15
        ? Number(value)
        : value;
    case 'list':
      return Array.isArray(value) ? value.map((item: Value) => show(shape.item, item)) : value;
    case 'struct': {
      if (typeof value !== 'object' || Array.isArray(value)) return value;
      const fields = value as { readonly [name: string]: Value };
      return Object.fromEntries(
        shape.fields.map(([name, field]) => [name, show(field, fields[name] ?? null)]),
      );
    }
    case 'map': {
      if (!Array.isArray(value)) return value;
      const pairs = (value as readonly (readonly [Value, Value])[]).map(
        ([key, item]) => [show(shape.key, key), show(shape.value, item)] as const,
      );
      return TEXT_KEYS.has(shape.key.kind)
        ? Object.fromEntries(pairs as readonly (readonly [string, Value])[])
        : pairs;
    }
    default:
      return value;
  }
}
