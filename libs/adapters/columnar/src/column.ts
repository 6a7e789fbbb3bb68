/** A column of values, as answers show them, to Arrow's buffers. */
import type { SqlType, Value } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { Data, DataType } from 'apache-arrow';

/** How the values of a column are laid out. */
export interface ColumnKind {
  readonly type: DataType;
  /** @throws Unfit */
  data(values: readonly Value[]): Data;
}

/** A value that its column's type cannot hold. */
export class Unfit extends Error {
  constructor(
    readonly value: Value,
    readonly type: SqlType,
  ) {
    super(`A value does not fit ${type}.`);
  }
}

/** Says of which column it is. */
export function problemOf(error: unknown, column: string): unknown {
  if (!(error instanceof Unfit)) return error;
  const value = JSON.stringify(error.value).slice(0, 100);
  return new HttpProblem(
    406,
    'not-acceptable',
    `${value} of ${column} (${error.type}) does not fit the column's type in Arrow and Parquet.`,
    { column, hint: 'Ask for application/json, or cast the column to VARCHAR in the SELECT.' },
  );
}

export interface Validity {
  readonly length: number;
  readonly nullCount: number;
  /** A bit of each value that is one. */
  readonly nullBitmap: Uint8Array | null;
}

export function validityOf(values: readonly Value[]): Validity {
  let nullCount = 0;
  for (const value of values) if (value === null) nullCount += 1;
  const { length } = values;
  if (nullCount === 0) return { length, nullCount, nullBitmap: null };
  return { length, nullCount, nullBitmap: bitsOf(values, (value) => value !== null) };
}

export function bitsOf(values: readonly Value[], isSet: (value: Value) => boolean): Uint8Array {
  const bits = new Uint8Array(Math.ceil(values.length / 64) * 8);
  for (let at = 0; at < values.length; at++)
    if (isSet(values[at] as Value)) bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7));
  return bits;
}
