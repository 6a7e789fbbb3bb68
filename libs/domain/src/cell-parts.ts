/** The parts of a cell key, taken from its text: what a second order of a product's cells is made of. */
import { CUT_KEY_CHARS, encodePart } from './cell';
import { hashHex } from './hash';
import type { SqlType, Value } from './sql-value';
import { shapeOf } from './sql-type';

/** Parts that are looked up together are equal or not, never in order, so long ones may be hashed. */
const MAX_PARTS_CHARS = 160;
const KEPT_PARTS_CHARS = 100;

/** The text that one part of every cell key with this value has. */
export const partKey = (type: SqlType, value: Value): string => encodePart(shapeOf(type), value);

/**
 * The texts of a cell key's parts.
 *
 * @returns undefined for a key that was cut for its length, of which not all parts can be told
 */
export function splitCellKey(types: readonly SqlType[], id: string): string[] | undefined {
  if (id.length >= CUT_KEY_CHARS) return undefined;
  const parts: string[] = [];
  let at = 0;
  for (const type of types) {
    const end = endOfPart(shapeOf(type).kind, id, at);
    parts.push(id.slice(at, end));
    at = end;
  }
  return parts;
}

function endOfPart(kind: string, id: string, at: number): number {
  const form = id.charCodeAt(at);
  if (form === 33) return at + 1; // `!`: null
  if (form !== 122) {
    // `z` ends as texts do, whatever the type.
    if (kind === 'boolean') return at + 1;
    if (kind === 'double') return at + 17;
    if (kind === 'integer' || kind === 'decimal') {
      const length = id.charCodeAt(at + 1);
      // `p`: the number of digits from 47 on; `n`: down from 123, the sign counted.
      return at + 2 + (form === 112 ? length - 47 : 122 - length);
    }
  }
  return id.indexOf('!', at) + 1;
}

/** One text for some parts together, of a bounded length; equal for equal parts, and for others not. */
export function partsKey(parts: readonly string[]): string {
  const text = parts.join('');
  // Of cut ones all have the same length, and others are shorter.
  return text.length < MAX_PARTS_CHARS
    ? text
    : `${text.slice(0, KEPT_PARTS_CHARS)}}${hashHex(text)}`.padEnd(MAX_PARTS_CHARS, '}');
}
