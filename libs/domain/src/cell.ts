/**
 * Cell keys: the deterministic, order-preserving name of a (window, group) in every layer and store.
 *
 * A key is the parts' texts one after the other. A part begins with a letter for its form and ends by itself (fixed
 * length, or `!`, which no text holds), so no two keys give the same text and a prefix of values is a prefix of text.
 * All characters lie between `!` and `}`: stores may use `~` as an upper bound.
 */
import { unscaledDigits } from './integers';
import { hashHex } from './hash';
import type { SqlType, Value } from './sql-value';
import { type TypeShape, shapeOf } from './sql-type';
import { dateSortKey, timeSortKey, timestampSortKey } from './time';
import { decodeDouble } from './values';

/** lmdb takes keys of up to 1978 bytes, MongoDB's index keys are larger; the rest is for the stores' own prefixes. */
const MAX_CHARS = 1500;
/** A key that is as long was cut. */
export const CUT_KEY_CHARS = MAX_CHARS;
const HASH_CHARS = 32;
const KEPT_CHARS = MAX_CHARS - HASH_CHARS - 1;

/**
 * The cell key of a key's values; null stands first. A key that would be too long keeps its beginning, and with it most
 * of its order, and ends in `}` and a 128-bit hash of the whole.
 *
 * @returns ASCII, at most 1500 characters
 */
export function cellKey(types: readonly SqlType[], key: readonly Value[]): string {
  const text = encodeParts(types, key);
  // Long keys have exactly MAX_CHARS characters and others fewer: the two can't meet.
  return text.length < MAX_CHARS ? text : `${text.slice(0, KEPT_CHARS)}}${hashHex(text)}`;
}

/**
 * A text that every cell key with these leading values begins with. Where it is cut short for length, cells with other
 * values may begin with it too.
 */
export function keyPrefix(types: readonly SqlType[], values: readonly Value[]): string {
  return encodeParts(types, values).slice(0, KEPT_CHARS);
}

/**
 * A pattern for the cell keys whose text parts have given values, to be tested before documents are read: every such
 * key matches; a few others may (cut ones, for length), so whoever reads still compares the values.
 *
 * @param texts per part, the text that it must have; undefined: any. Parts that are no text are not looked at.
 * @returns the source of a regular expression over the whole key, or null where it would tell nothing
 */
export function keyPattern(types: readonly SqlType[], texts: readonly (string | undefined)[]): string | null {
  const wanted = texts.map((text, part) => (shapeOf(types[part] ?? '').kind === 'text' ? text : undefined));
  const last = wanted.findLastIndex((text) => text !== undefined);
  if (last < 0) return null;
  let pattern = '';
  for (let part = 0; part <= last; part++) {
    const text = wanted[part];
    const shape = shapeOf(types[part] ?? '');
    pattern += text === undefined ? anyPart(shape) : escapePattern(encodePart(shape, text));
  }
  return `(?:${pattern}|.{${KEPT_CHARS}})`;
}

/** What any value of a type may be encoded as. */
function anyPart({ kind }: TypeShape): string {
  if (kind === 'integer' || kind === 'decimal') return '(?:!|z[^!]*!|[np].\\d+)';
  if (kind === 'double') return '(?:!|z[^!]*!|d[0-9a-f]{16})';
  if (kind === 'boolean') return '(?:!|z[^!]*!|[tf])';
  return '(?:!|[a-z][^!]*!)';
}

const escapePattern = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** The `_cell` of an answer's row. */
export function cellId(key: readonly Value[]): string {
  return Buffer.from(JSON.stringify(key), 'utf8').toString('base64url');
}

/** @returns the key, or undefined for a text that `cellId` did not make. */
export function parseCellId(id: string): Value[] | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(id)) return undefined;
  try {
    const key = JSON.parse(Buffer.from(id, 'base64url').toString('utf8')) as unknown;
    return Array.isArray(key) && cellId(key as Value[]) === id ? (key as Value[]) : undefined;
  } catch {
    return undefined;
  }
}

function encodeParts(types: readonly SqlType[], values: readonly Value[]): string {
  let text = '';
  for (let i = 0; i < values.length; i++) text += encodePart(shapeOf(types[i] ?? ''), values[i] ?? null);
  return text;
}

/** The text of one part. */
export function encodePart(shape: TypeShape, value: Value): string {
  if (value === null) return '!';
  // A value that isn't what its type says (an unknown spelling of a date, say) still has a key of its own: `z`.
  return sortKey(shape, value) ?? `z${escapeText(JSON.stringify(value))}!`;
}

function sortKey(shape: TypeShape, value: NonNullable<Value>): string | undefined {
  switch (shape.kind) {
    case 'text':
    case 'interval':
      return typeof value === 'string' ? `s${escapeText(value)}!` : undefined;
    case 'timestamp':
      return typeof value === 'string' ? timestampSortKey(value) : undefined;
    case 'integer':
      return typeof value === 'number'
        ? numberKey(value)
        : typeof value === 'string'
          ? decimalKey(value, 0)
          : undefined;
    case 'decimal':
      return typeof value === 'string' || typeof value === 'number'
        ? decimalKey(String(value), shape.scale)
        : undefined;
    case 'double':
      return typeof value === 'number' || typeof value === 'string' ? doubleKey(value) : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? (value ? 't' : 'f') : undefined;
    case 'date':
      return typeof value === 'string' ? dateSortKey(value) : undefined;
    case 'time':
      return typeof value === 'string' ? timeSortKey(value) : undefined;
    default:
      return undefined;
  }
}

function numberKey(value: number): string | undefined {
  return Number.isSafeInteger(value) ? digitsKey(String(value + 0)) : undefined;
}

function decimalKey(text: string, scale: number): string | undefined {
  const digits = unscaledDigits(text, scale);
  return digits === undefined || digits.length > 71 ? undefined : digitsKey(digits);
}

/** Sign, number of digits, digits; for negative numbers both of the latter are turned round. */
function digitsKey(digits: string): string {
  if (!digits.startsWith('-')) return `p${String.fromCharCode(47 + digits.length)}${digits}`;
  let inverted = `n${String.fromCharCode(123 - digits.length)}`;
  for (let i = 1; i < digits.length; i++) inverted += String.fromCharCode(105 - digits.charCodeAt(i));
  return inverted;
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** The IEEE 754 bits, turned so that their order is the numbers' order; one NaN, above Infinity; one zero. */
function doubleKey(value: number | string): string | undefined {
  const number = decodeDouble(value);
  if (Number.isNaN(number) && value !== 'NaN') return undefined;
  float[0] = number + 0;
  const negative = words[1]! >>> 31 === 1;
  const high = negative ? ~words[1]! : words[1]! ^ 0x80000000;
  const low = negative ? ~words[0]! : words[0]!;
  return `d${hex8(high)}${hex8(low)}`;
}

const hex8 = (word: number) =>
  `${HEX[word >>> 24]}${HEX[(word >>> 16) & 255]}${HEX[(word >>> 8) & 255]}${HEX[word & 255]}`;

/**
 * Text in whose ASCII order the texts stand by code point: `$` to `|` as they are; bytes of UTF-8 below as `#` and
 * above as `}`, each with two hex digits. An unpaired surrogate gives the three bytes that it would have.
 */
function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  let escaped = '';
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x24 && unit <= 0x7c) continue;
    escaped += text.slice(from, i);
    const code = text.codePointAt(i)!;
    escaped += escapeCode(code);
    if (code > 0xffff) i += 1;
    from = i + 1;
  }
  return escaped + text.slice(from);
}

const PLAIN = /^[$-|]*$/;

function escapeCode(code: number): string {
  if (code < 0x24) return `#${HEX[code]}`;
  if (code < 0x80) return `}${HEX[code]}`;
  if (code < 0x800) return `}${HEX[0xc0 | (code >> 6)]}${continuation(code)}`;
  const end = `${continuation(code >> 6)}${continuation(code)}`;
  return code < 0x10000
    ? `}${HEX[0xe0 | (code >> 12)]}${end}`
    : `}${HEX[0xf0 | (code >> 18)]}${continuation(code >> 12)}${end}`;
}

/** One continuation byte of UTF-8. */
const continuation = (bits: number) => `}${HEX[0x80 | (bits & 0x3f)]}`;

/** Two hex digits of each byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
