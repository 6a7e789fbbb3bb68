/**
 * How large a state may become. Values are bounded by number and by size, and a text alone by its length: so that a cell fits into
 * a record of the log and a document of the store, whatever events bring. Which side of a bound a state is on depends on the set of
 * its values alone, so no order of events, and neither layer, sees another one.
 */
import type { Value } from '../sql-value';

/** Bytes of UTF-8 that the values of a state may have together, where its spec says nothing else. */
export const STATE_BYTES = 400_000;

/** Characters (code points) of a text that is a state by itself; one more is kept, which says that it was cut. */
export const TEXT_CHARS = 16_384;

/** Bytes of a struct or list that is a state by itself, as DuckDB writes it: as many as the longest text may have. */
export const COMPOSED_BYTES = 4 * TEXT_CHARS;

/** What a value that is no text counts for, and what stands between texts. */
const OTHER_BYTES = 24;
const BETWEEN_BYTES = 3;

interface Bounds {
  readonly bound: number;
  readonly bytes?: number;
}

/** True if values fit into one state. */
export function fitsState<T>(
  items: readonly T[],
  { bound, bytes = STATE_BYTES }: Bounds,
  valueOf: (item: T) => Value,
): boolean {
  if (items.length > bound) return false;
  // In UTF-8 a UTF-16 unit has three bytes at most: most sets need no exact count.
  const most = sum(items, valueOf, (text) => text.length * 3);
  return most <= bytes || sum(items, valueOf, (text) => Buffer.byteLength(text)) <= bytes;
}

function sum<T>(items: readonly T[], valueOf: (item: T) => Value, bytesOf: (text: string) => number): number {
  let bytes = 0;
  for (const item of items) {
    const value = valueOf(item);
    bytes += typeof value === 'string' ? bytesOf(value) + BETWEEN_BYTES : OTHER_BYTES;
  }
  return bytes;
}

/** True for a text that was cut, or should have been, also within a struct: what it was is not known any more. */
export function isCut(value: Value): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some(isCut);
  if (typeof value !== 'string' || value.length <= TEXT_CHARS) return false;
  let points = 0;
  for (let at = 0; at < value.length && points <= TEXT_CHARS; points++)
    at += (value.codePointAt(at) as number) > 0xffff ? 2 : 1;
  return points > TEXT_CHARS;
}
