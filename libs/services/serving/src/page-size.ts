/** How large a page becomes: so that neither its cells nor its rows are more than the process can hold. */
import type { Value } from '@tenon/domain';

/** Of a number, a boolean, a key's name: more than it takes as JSON. */
const FLAT = 12;

/** About the bytes that a value takes as JSON; texts count as they are long. */
export function sizeOf(value: Value | undefined): number {
  if (typeof value === 'string') return value.length + FLAT;
  if (typeof value !== 'object' || value === null) return FLAT;
  let size = FLAT;
  if (Array.isArray(value)) for (const one of value as readonly Value[]) size += sizeOf(one);
  else
    for (const name in value) size += name.length + sizeOf((value as Readonly<Record<string, Value>>)[name]);
  return size;
}

/** Cells of a page that are finalized at a time, in bytes. */
export const CHUNK_BYTES = 8 << 20;
