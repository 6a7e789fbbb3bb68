/** How states and values leave DuckDB: which columns carry them, and how they are put together again. */
import type { SqlType, StateSpec } from '@tenon/domain';

/** How the runner makes a state of the columns; see runner/decode.ts. */
export type Decoder =
  | 'count'
  | 'sum'
  | 'squares'
  | 'double'
  | 'double_split'
  | 'double_squares'
  | 'value'
  | 'pair'
  | 'distinct'
  | 'distinct_text'
  | 'hll'
  | 'ddsketch'
  | 'counts';

/**
 * The columns that a decoder reads, over its aggregates' names. Whole numbers and moments come as doubles where a double
 * holds them, and else in a second column: a number is read many times faster than a BigInt.
 */
export function outputsOf(decoder: Decoder, spec: StateSpec, names: readonly string[]): string[] {
  if (decoder === 'count') return [`CAST(${names[0]} AS DOUBLE)`];
  if (decoder === 'sum' || decoder === 'value') return carry((spec as { type: SqlType }).type, names[0]!);
  return [...names];
}

/** How many columns `outputsOf` gives. */
export function widthOf(decoder: Decoder, spec: StateSpec): number {
  return outputsOf(decoder, spec, Array<string>(AGGREGATES_OF[decoder]).fill('x')).length;
}

const AGGREGATES_OF: Readonly<Record<Decoder, number>> = {
  count: 1,
  sum: 1,
  squares: 2,
  double: 2,
  double_split: 3,
  double_squares: 4,
  value: 1,
  pair: 1,
  distinct: 1,
  distinct_text: 1,
  hll: 1,
  ddsketch: 2,
  counts: 2,
};

export type Carrier = 'integer' | 'moment' | 'plain';

export function carrierOf(type: SqlType): Carrier {
  if (/^(U?BIGINT|U?HUGEINT)$/.test(type)) return 'integer';
  return type === 'TIMESTAMP' || type === 'TIMESTAMP WITH TIME ZONE' ? 'moment' : 'plain';
}

const SAFE = 'BETWEEN -9007199254740991 AND 9007199254740991';

/** The columns that carry a value of a type out of DuckDB. */
export function carry(type: SqlType, x: string): string[] {
  switch (carrierOf(type)) {
    case 'integer':
      return [
        `CAST(CASE WHEN ${x} ${SAFE} THEN ${x} END AS DOUBLE)`,
        `CASE WHEN ${x} NOT ${SAFE} THEN ${x} END`,
      ];
    case 'moment': {
      const safe = `isfinite(${x}) AND epoch_us(${x}) ${SAFE}`;
      return [
        `CASE WHEN ${safe} THEN CAST(epoch_us(${x}) AS DOUBLE) END`,
        `CASE WHEN NOT (${safe}) THEN ${x} END`,
      ];
    }
    case 'plain':
      return [x];
  }
}
