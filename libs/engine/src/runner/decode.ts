/** States from the columns of a partial result. */
import type { DuckDBDataChunk, DuckDBListVector, DuckDBStructVector, DuckDBValue } from '@duckdb/node-api';
import {
  countsState,
  ddsketch,
  distinctState,
  doubleSum,
  formatTimestamp,
  hllFromRegisters,
  mergeState,
} from '@tenon/domain';
import type { Plan, SqlType, State, StateSpec, Value } from '@tenon/domain';
import { sqlOf } from '../engine-sql';
import { type Decoder, carrierOf, widthOf } from '../planner/carriers';
import { BUCKET_OFFSET, ESCAPE, SEPARATOR } from '../planner/sketches';
import { type Column, bigIntOf, columnOf, encodeBigInt, encoderOf } from '../sql/read';

/** The state of a row. */
type StateColumn = (row: number) => State;

/** Readers of all states of a chunk whose states' columns begin at `from`. */
export function stateColumns(plan: Plan, chunk: DuckDBDataChunk, from: number): StateColumn[] {
  let at = from;
  return plan.states.map((spec, index) => {
    const decoder = sqlOf(plan).decoders[index] as Decoder;
    const column = stateColumn(decoder, spec, chunk, at);
    at += widthOf(decoder, spec);
    return column;
  });
}

function stateColumn(decoder: Decoder, spec: StateSpec, chunk: DuckDBDataChunk, at: number): StateColumn {
  switch (decoder) {
    case 'count':
      return columnOf(chunk, at) as StateColumn;
    case 'value':
      return carried((spec as { readonly type: SqlType }).type, chunk, at) as StateColumn;
    case 'sum': {
      const { type } = spec as Spec<'sum'>;
      if (carrierOf(type) === 'integer') return carried(type, chunk, at) as StateColumn;
      const sum = integers(chunk, at);
      return (row) => mapped(sum(row), encodeBigInt);
    }
    case 'squares': {
      const [sum, rest] = [integers(chunk, at), lists(chunk, at + 1)];
      return (row) => {
        const listed = rest(row);
        if (sum(row) === null && listed.length === 0) return null;
        return encodeBigInt(
          listed.reduce<bigint>((total, value) => total + (value as bigint) ** 2n, sum(row) ?? 0n),
        );
      };
    }
    case 'double':
      return doubles([{ exponent: -62, sum: integers(chunk, at) }], lists(chunk, at + 1));
    case 'double_split':
      return doubles(
        [
          { exponent: -14, sum: integers(chunk, at) },
          { exponent: -62, sum: integers(chunk, at + 1) },
        ],
        lists(chunk, at + 2),
      );
    case 'double_squares':
      return doubleSquares(
        [
          { exponent: -28, sum: integers(chunk, at) },
          { exponent: -75, sum: integers(chunk, at + 1) },
          { exponent: -124, sum: integers(chunk, at + 2) },
        ],
        lists(chunk, at + 3),
      );
    case 'pair':
      return pairs(chunk, at);
    case 'distinct':
      return distincts(spec as Spec<'distinct'>, encodedLists(chunk, at));
    case 'distinct_text': {
      const text = columnOf(chunk, at);
      return distincts(spec as Spec<'distinct'>, (row) => splitTexts(text(row) as string | null));
    }
    case 'hll': {
      const { precision } = spec as Spec<'hll'>;
      const codes = lists(chunk, at);
      return (row) => {
        const registers = codes(row).filter((code) => code !== null) as number[];
        return registers.length === 0
          ? null
          : hllFromRegisters(
              precision,
              registers.map((code) => [code >> 6, code & 63]),
            );
      };
    }
    case 'ddsketch':
      return sketches(counted(lists(chunk, at), lists(chunk, at + 1)));
    case 'counts': {
      const pairsOf = counted(encodedLists(chunk, at), lists(chunk, at + 1));
      return (row) => countsState(spec as Spec<'counts'>, pairsOf(row) as [Value, number][]);
    }
  }
}

function splitTexts(text: string | null): string[] {
  if (text === null) return [];
  const texts = text.split(SEPARATOR);
  return text.includes(ESCAPE)
    ? texts.map((one) => one.replaceAll(`${ESCAPE}1`, SEPARATOR).replaceAll(`${ESCAPE}0`, ESCAPE))
    : texts;
}

/** Moments repeat from cell to cell: their texts are made once. */
const moments = new Map<number, string>();

function momentText(micros: number): string {
  let text = moments.get(micros);
  if (text === undefined) {
    if (moments.size > 10_000) moments.clear();
    text = formatTimestamp(micros);
    moments.set(micros, text);
  }
  return text;
}

/** Reads what `carry` wrote: one column, or two of which the first has the value where a double holds it. */
export function carried(type: SqlType, chunk: DuckDBDataChunk, at: number): Column {
  const carrier = carrierOf(type);
  if (carrier === 'plain') return columnOf(chunk, at);
  const usual = chunk.getColumnVector(at);
  const other = columnOf(chunk, at + 1);
  return (row) => {
    const value = usual.getItem(row) as number | null;
    if (value === null) return other(row);
    return carrier === 'moment' ? momentText(value) : value;
  };
}

type Spec<K extends StateSpec['kind']> = Extract<StateSpec, { kind: K }>;

const mapped = <A, B>(value: A | null, map: (value: A) => B): B | null =>
  value === null ? null : map(value);

function integers(chunk: DuckDBDataChunk, at: number): (row: number) => bigint | null {
  const vector = chunk.getColumnVector(at);
  return (row) => mapped(vector.getItem(row) as DuckDBValue, bigIntOf);
}

const EMPTY: readonly DuckDBValue[] = [];

/** Lists as they are; a null list is an empty one. */
function lists(chunk: DuckDBDataChunk, at: number): (row: number) => readonly DuckDBValue[] {
  const vector = chunk.getColumnVector(at) as DuckDBListVector;
  return (row) => {
    const items = vector.getItemVector(row);
    return items === null || items.itemCount === 0 ? EMPTY : items.toArray();
  };
}

function encodedLists(chunk: DuckDBDataChunk, at: number): (row: number) => Value[] {
  const vector = chunk.getColumnVector(at) as DuckDBListVector;
  const encode = encoderOf(vector.type.valueType);
  const items = lists(chunk, at);
  return (row) => items(row).map(encode);
}

interface Lane {
  readonly exponent: number;
  readonly sum: (row: number) => bigint | null;
}

function laneSums(lanes: readonly Lane[], row: number): { exponent: number; sum: bigint }[] {
  return lanes.flatMap(({ exponent, sum }) => {
    const value = sum(row);
    return value === null ? [] : [{ exponent, sum: value }];
  });
}

function doubles(lanes: readonly Lane[], rest: (row: number) => readonly DuckDBValue[]): StateColumn {
  return (row) => doubleSum(laneSums(lanes, row), rest(row) as readonly number[]);
}

/** In the sum of squares h² · 2^-28 + 2 · h·l · 2^-76 + l² · 2^-124; doubles outside of the lane are squared here. */
function doubleSquares(lanes: readonly Lane[], rest: (row: number) => readonly DuckDBValue[]): StateColumn {
  return (row) => {
    const sums = laneSums(lanes, row);
    const endless: number[] = [];
    for (const value of rest(row) as readonly number[]) {
      if (!Number.isFinite(value)) endless.push(value * value);
      else sums.push(exactSquare(value));
    }
    return doubleSum(sums, endless);
  };
}

const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);

/** A finite double is m · 2^e; its square is m² · 2^2e. */
function exactSquare(value: number): { exponent: number; sum: bigint } {
  float[0] = value;
  const biased = Number((bits[0]! >> 52n) & 0x7ffn);
  const fraction = bits[0]! & 0xfffffffffffffn;
  const mantissa = biased === 0 ? fraction : fraction | 0x10000000000000n;
  return { exponent: 2 * (Math.max(biased, 1) - 1075), sum: mantissa * mantissa };
}

function pairs(chunk: DuckDBDataChunk, at: number): StateColumn {
  const vector = chunk.getColumnVector(at) as DuckDBStructVector;
  const [by, event, value] = [vector.entryVectorAt(0), vector.entryVectorAt(1), vector.entryVectorAt(2)];
  const large = vector.type.entryCount > 3 ? vector.entryVectorAt(3) : null;
  const [encodeBy, encodeValue] = [encoderOf(by.type), encoderOf(value.type)];
  return (row) =>
    vector.isItemValid(row)
      ? ([
          encodeBy(by.getItem(row) as DuckDBValue),
          encodeValue(value.getItem(row) as DuckDBValue),
          event.getItem(row) as string,
          ...(large?.getItem(row) === true ? [true] : []),
        ] as State)
      : null;
}

/** Sets far above the bound are taken in slices: past the bound only their registers remain. */
const SLICE = 50_000;

function distincts(spec: Spec<'distinct'>, values: (row: number) => Value[]): StateColumn {
  return (row) => {
    const all = values(row);
    if (all.length <= SLICE) return distinctState(spec, all);
    let state: State = null;
    for (let at = 0; at < all.length; at += SLICE)
      state = mergeState(spec, state, distinctState(spec, all.slice(at, at + SLICE)));
    return state;
  };
}

/** Values with their counts; without counts, each value counts once. */
function counted<T>(
  values: (row: number) => readonly T[],
  counts: (row: number) => readonly DuckDBValue[],
): (row: number) => (readonly [T, number])[] {
  return (row) => {
    const all = values(row);
    const times = counts(row);
    if (times.length > 0) return all.map((value, index) => [value, Number(times[index])]);
    const found = new Map<T, number>();
    for (const value of all) found.set(value, (found.get(value) ?? 0) + 1);
    return [...found];
  };
}

function sketches(bucketsOf: (row: number) => (readonly [DuckDBValue, number])[]): StateColumn {
  return (row) => {
    let zero = 0;
    const positive: [number, number][] = [];
    const negative: [number, number][] = [];
    for (const [code, count] of bucketsOf(row) as [number, number][]) {
      if (code === 0) zero += count;
      // Buckets lie between -36,000 and 36,000, so the code's sign is the number's.
      else if (code > 0) positive.push([code - BUCKET_OFFSET, count]);
      else negative.push([-code - BUCKET_OFFSET, count]);
    }
    return ddsketch(zero, positive, negative);
  };
}
