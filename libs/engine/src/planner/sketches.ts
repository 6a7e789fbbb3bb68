/** Sets, sketches and counts of values in SQL. */
import type { SqlType, StateSpec } from '@tenon/domain';
import type { Decoder } from './carriers';
import { type StateDraft, draft, isDouble } from './draft';

export const DISTINCT_BOUND = 10_000;
export const HLL_PRECISION = 12;
export const SKETCH_ALPHA = 0.01;

/** What stands between the distinct texts of a cell. Texts that hold it, or the escape, are escaped. */
export const SEPARATOR = '\u001f';
export const ESCAPE = '\u001e';

/** Texts as one text: DuckDB builds that faster than a list, and it is read faster. */
export function distinct(x: string, type: SqlType, filter: string, where: string): StateDraft {
  const spec = { kind: 'distinct', type, bound: DISTINCT_BOUND } as const;
  const text = type === 'VARCHAR';
  const gather = (value: string, unique: string) =>
    text ? `string_agg(${unique}${escaped(value)}, chr(31))` : `list(${unique}${value})`;
  const state = draft(spec, text ? 'distinct_text' : 'distinct', [gather(x, 'DISTINCT ') + filter]);
  return { ...state, bounded: { value: x, where, columns: [gather('d.v', '')] } };
}

function escaped(x: string): string {
  const all = `replace(replace(${x}, chr(30), chr(30) || '0'), chr(31), chr(30) || '1')`;
  return `CASE WHEN contains(${x}, chr(31)) OR contains(${x}, chr(30)) THEN ${all} ELSE ${x} END`;
}

/** How often each value occurs, up to the bound. */
export function counts(x: string, type: SqlType, where: string): StateDraft {
  const state = listed({ kind: 'counts', type, bound: DISTINCT_BOUND }, 'counts', { value: x, where });
  return { ...state, bounded: { value: x, where, columns: ['list(d.v)', 'list(d.c)'] } };
}

/** Flat form of a counted state: all its values; the runner counts them. Good for micro-batches. */
export function listed(
  spec: StateSpec,
  decoder: Decoder,
  counted: { value: string; where: string },
): StateDraft {
  const columns = [`list(${counted.value}) FILTER (WHERE ${counted.where})`, 'CAST(NULL AS BIGINT[])'];
  return { ...draft(spec, decoder, columns), counted };
}

/**
 * HyperLogLog: 12 bits of a hash that no version of DuckDB can change (MD5 of the value's text) choose the register, the
 * leading zeros of 32 others give its rank. Index and rank as one number.
 */
export function registers(x: string, type: SqlType, filter: string): StateDraft {
  const value = isDouble(type) ? `CASE WHEN ${x} = 0 THEN 0 ELSE ${x} END` : x;
  // A column of its own, so that the hash is computed once.
  const hash = `md5_number_lower(CAST(${value} AS VARCHAR)) AS ${x}_m`;
  const low = `(${x}_m & 4294967295)`;
  const rank = `CASE WHEN ${low} = 0 THEN 33 ELSE 32 - CAST(floor(log2(${low})) AS INTEGER) END`;
  const register = `CAST((${x}_m >> 52) * 64 + ${rank} AS INTEGER)`;
  const spec = { kind: 'hll', precision: HLL_PRECISION } as const;
  return { ...draft(spec, 'hll', [`list(DISTINCT ${register})${filter}`]), derived: [[hash]] };
}

/** The natural logarithm of a bucket's width. */
const LOG_GAMMA = Math.log((1 + SKETCH_ALPHA) / (1 - SKETCH_ALPHA));
/** Buckets of positive numbers lie above this, of negative ones below minus this; 0 is zero. */
export const BUCKET_OFFSET = 100_000;

/** DDSketch: the bucket of a number, sign and all, as one integer. */
export function bucket(x: string, type: SqlType): string {
  // Arguments are computed before FILTER is applied, so that what it leaves out must not fail either.
  const infinite = isDouble(type) ? ` WHEN NOT isfinite(${x}) THEN NULL` : '';
  const index = `CAST(ceil(ln(abs(CAST(${x} AS DOUBLE))) / ${LOG_GAMMA}e0) AS INTEGER)`;
  return `CASE${infinite} WHEN ${x} = 0 THEN 0 WHEN ${x} > 0 THEN ${BUCKET_OFFSET} + ${index} ELSE -${BUCKET_OFFSET} - ${index} END`;
}
