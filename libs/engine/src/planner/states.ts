/**
 * States as SQL: for each state, the aggregates that give it, over a relation whose columns are the arguments (a0, a1 …)
 * and filters (f0, f1 …) of the product's aggregates. The rules here decide what a state is, to the last bit: change one,
 * and `STATE_RULES` must change too, so that old and new states are never merged.
 */
import type { SqlType, StateSpec } from '@tenon/domain';
import type { MeasureCall } from './measures';

/** Part of a plan's hash. */
export const STATE_RULES = 1;

export const DISTINCT_BOUND = 10_000;
export const HLL_PRECISION = 12;
export const SKETCH_ALPHA = 0.01;

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

export interface StateDraft {
  readonly spec: StateSpec;
  readonly decoder: Decoder;
  /** Drafts of one name are the same state; where their columns differ, the one with more of them serves for both. */
  readonly name: string;
  /** The aggregates, as SQL. */
  readonly columns: readonly string[];
  /** For states made of values and how often each occurs: the value, and which rows count. */
  readonly counted?: { readonly value: string; readonly where: string };
  /** Columns that must be derived from the arguments first, level by level: `expression AS name`. */
  readonly derived?: readonly (readonly string[])[];
}

export interface TypeProblem {
  readonly message: string;
  readonly hint: string;
}

/** Types whose values Tenon can compare, and so merge. */
const COMPARABLE =
  /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(.*\)|DOUBLE|FLOAT|BOOLEAN|VARCHAR|JSON|UUID|DATE|TIME|TIMESTAMP|TIMESTAMP WITH TIME ZONE)$/;
const INTEGER = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const SMALL = /^(TINYINT|SMALLINT|INTEGER|UTINYINT|USMALLINT)$/;
const DECIMAL = /^DECIMAL\((\d+),\s*(\d+)\)$/;

export const isComparable = (type: SqlType) => COMPARABLE.test(type);

/** The argument and filter columns of a measure, by their names in the relation, and the arguments' types. */
export interface Placed {
  readonly args: readonly string[];
  readonly types: readonly SqlType[];
  readonly filters: readonly string[];
}

/** The states of one measure, in the order that its finalizer reads them. */
function statesOf(call: MeasureCall, placed: Placed, result: SqlType): StateDraft[] | TypeProblem {
  const [x = '', by = ''] = placed.args;
  const [type = '', byType = ''] = placed.types;
  const filter = placed.filters.length === 0 ? '' : ` FILTER (WHERE ${placed.filters.join(' AND ')})`;
  const where = [...placed.filters, `${x} IS NOT NULL`].join(' AND ');
  const counts = draft({ kind: 'count' }, 'count', [`count(${x || '*'})${filter}`]);
  switch (call.states) {
    case 'count':
      return [counts];
    case 'sum':
      return numeric(type, call.fn) ?? [sum(x, type, result, filter)];
    case 'avg':
      return (
        numeric(type, call.fn) ?? [
          sum(x, type, DECIMAL.test(type) ? sumType(type) : 'HUGEINT', filter),
          counts,
        ]
      );
    case 'min':
    case 'max':
      return (
        comparable(type, call.fn) ?? [
          draft({ kind: call.states, type }, 'value', [`${call.states}(${x})${filter}`]),
        ]
      );
    case 'arg_min':
    case 'arg_max': {
      const spec = { kind: call.states, by: byType, type } as const;
      const pair = `${call.states.slice(4)}({'b': ${by}, 'x': ${x}})${filter}`;
      return comparable(byType, call.fn) ?? comparable(type, call.fn) ?? [draft(spec, 'pair', [pair])];
    }
    case 'moments':
      return moments(call, x, type, filter, counts);
    case 'distinct':
      return comparable(type, 'count(DISTINCT)') ?? [distinct(x, type, filter)];
    case 'hll':
      return comparable(type, call.fn) ?? [registers(x, type, filter)];
    case 'ddsketch': {
      const finite = isDouble(type) ? ` AND isfinite(${x})` : '';
      const counted = { value: bucket(x, type), where: where + finite };
      return (
        numeric(type, call.fn) ?? [listed({ kind: 'ddsketch', alpha: SKETCH_ALPHA }, 'ddsketch', counted)]
      );
    }
    case 'counts':
      return (
        comparable(type, call.fn) ?? [
          listed({ kind: 'counts', type, bound: DISTINCT_BOUND }, 'counts', { value: x, where }),
        ]
      );
  }
}

/** What stands between the distinct texts of a cell. Texts that hold it, or the escape, are escaped. */
export const SEPARATOR = '\u001f';
export const ESCAPE = '\u001e';

/** Texts as one text: DuckDB builds that faster than a list, and it is read faster. */
function distinct(x: string, type: SqlType, filter: string): StateDraft {
  const spec = { kind: 'distinct', type, bound: DISTINCT_BOUND } as const;
  if (type !== 'VARCHAR') return draft(spec, 'distinct', [`list(DISTINCT ${x})${filter}`]);
  const escaped = `replace(replace(${x}, chr(30), chr(30) || '0'), chr(31), chr(30) || '1')`;
  const text = `CASE WHEN contains(${x}, chr(31)) OR contains(${x}, chr(30)) THEN ${escaped} ELSE ${x} END`;
  return draft(spec, 'distinct_text', [`string_agg(DISTINCT ${text}, chr(31))${filter}`]);
}

/** The states of a product: equal ones once. */
export class StateCollector {
  private readonly drafts = new Map<string, StateDraft>();

  /** @returns the places of the measure's states */
  add(call: MeasureCall, placed: Placed, result: SqlType): number[] | TypeProblem {
    const states = statesOf(call, placed, result);
    if (!Array.isArray(states)) return states;
    return states.map((state) => {
      const known = this.drafts.get(state.name);
      if (known === undefined || known.columns.length < state.columns.length)
        this.drafts.set(state.name, state);
      return [...this.drafts.keys()].indexOf(state.name);
    });
  }

  all(): StateDraft[] {
    return [...this.drafts.values()];
  }
}

/** Flat form of a counted state: all its values; the runner counts them. Good for micro-batches. */
function listed(spec: StateSpec, decoder: Decoder, counted: { value: string; where: string }): StateDraft {
  const columns = [`list(${counted.value}) FILTER (WHERE ${counted.where})`, 'CAST(NULL AS BIGINT[])'];
  return { ...draft(spec, decoder, columns), counted };
}

function draft(
  spec: StateSpec,
  decoder: Decoder,
  columns: readonly string[],
  name = columns.join(),
): StateDraft {
  return { spec, decoder, columns, name: `${JSON.stringify(spec)} ${name}` };
}

const isDouble = (type: SqlType) => type === 'DOUBLE' || type === 'FLOAT';

function numeric(type: SqlType, fn: string): TypeProblem | undefined {
  if (isDouble(type) || INTEGER.test(type) || DECIMAL.test(type) || (type === 'BOOLEAN' && fn === 'sum'))
    return undefined;
  return {
    message: `${fn} of ${type} cannot be merged.`,
    hint: 'Make it a number first, e.g. epoch(x) of a time or an interval.',
  };
}

function comparable(type: SqlType, fn: string): TypeProblem | undefined {
  if (isComparable(type)) return undefined;
  return {
    message: `${fn} of ${type} cannot be merged.`,
    hint: 'Take a field of it, or make it text: CAST(x AS VARCHAR).',
  };
}

const sumType = (decimal: SqlType) => `DECIMAL(38,${DECIMAL.exec(decimal)![2]})`;

function sum(x: string, type: SqlType, result: SqlType, filter: string): StateDraft {
  if (isDouble(type)) return doubleSum(x, filter);
  const exact = !isDouble(result) ? result : DECIMAL.test(type) ? sumType(type) : 'HUGEINT';
  return draft({ kind: 'sum', type: exact }, 'sum', [`sum(${x})${filter}`]);
}

/**
 * Doubles are summed as integers. A double from 2^-10 to 2^34 times 2^62 is a whole number below 2^96, so a HUGEINT sums
 * 2^31 of them without rounding; others (tiny, huge, NaN, infinite) are listed and summed by the runner.
 */
const IN_LANE = (x: string) => `(${x} = 0 OR (abs(${x}) >= 9.765625e-4 AND abs(${x}) < 17179869184e0))`;
const TWO_62 = '4611686018427387904e0';

function doubleLanes(x: string): string[] {
  const value = `CAST(${x} AS DOUBLE)`;
  return [
    `CASE WHEN ${IN_LANE(value)} THEN ${value} END AS ${x}_d`,
    `CASE WHEN NOT ${IN_LANE(value)} THEN ${value} END AS ${x}_r`,
  ];
}

const rest = (x: string, filter: string) =>
  `list(${x}_r) FILTER (WHERE ${x}_r IS NOT NULL${filter === '' ? '' : ` AND ${filter.slice(' FILTER (WHERE '.length, -1)}`})`;

function doubleSum(x: string, filter: string): StateDraft {
  const columns = [`sum(CAST(${x}_d * ${TWO_62} AS HUGEINT))${filter}`, rest(x, filter)];
  return { ...draft({ kind: 'sum_double' }, 'double', columns, x + filter), derived: [doubleLanes(x)] };
}

/**
 * Squares of doubles, exact too: in the lane x = h · 2^-14 + l · 2^-62 with whole h and l below 2^48, so that h², h·l and
 * l² are whole numbers below 2^96. Adding and subtracting 1.5 · 2^38 rounds x to the grid of 2^-14.
 */
function splitLanes(x: string): string[] {
  const high = `((${x}_d + 412316860416e0) - 412316860416e0)`;
  return [
    `CAST(${high} * 16384e0 AS BIGINT) AS ${x}_h`,
    `CAST((${x}_d - ${high}) * ${TWO_62} AS BIGINT) AS ${x}_l`,
  ];
}

function moments(
  call: MeasureCall,
  x: string,
  type: SqlType,
  filter: string,
  counts: StateDraft,
): StateDraft[] | TypeProblem {
  const problem = numeric(type, call.fn);
  if (problem !== undefined) return problem;
  if (isDouble(type)) {
    const derived = [doubleLanes(x), splitLanes(x)];
    const [h, l] = [`${x}_h`, `${x}_l`];
    const product = (a: string, b: string) => `sum(CAST(${a} AS HUGEINT) * ${b})${filter}`;
    const sums = [`sum(${h})${filter}`, `sum(${l})${filter}`, rest(x, filter)];
    return [
      { ...draft({ kind: 'sum_double' }, 'double_split', sums, x + filter), derived },
      {
        ...draft({ kind: 'sum_double' }, 'double_squares', [
          product(h, h),
          product(h, l),
          product(l, l),
          rest(x, filter),
        ]),
        derived,
      },
      counts,
    ];
  }
  const [, digits, scale] = DECIMAL.exec(type) ?? [];
  if (Number(digits ?? 0) > 19 || /HUGEINT/.test(type)) {
    return {
      message: `${call.fn} of ${type} cannot be merged: its squares have too many digits.`,
      hint: 'Cast it to BIGINT, DECIMAL(18,2) or DOUBLE first.',
    };
  }
  const first = sum(x, type, scale === undefined ? 'HUGEINT' : sumType(type), filter);
  return [first, squares(x, type, scale, filter), counts];
}

/** Whole numbers up to 2^48 have squares that a HUGEINT can sum; larger ones are listed. */
function squares(x: string, type: SqlType, scale: string | undefined, filter: string): StateDraft {
  if (scale !== undefined) {
    const spec = { kind: 'sum', type: `DECIMAL(38,${2 * Number(scale)})` } as const;
    return draft(spec, 'sum', [`sum(${x} * ${x})${filter}`]);
  }
  const spec = { kind: 'sum', type: 'HUGEINT' } as const;
  if (SMALL.test(type)) return draft(spec, 'sum', [`sum(CAST(${x} AS BIGINT) * ${x})${filter}`]);
  const bounded = `${x} BETWEEN -281474976710656 AND 281474976710656`;
  const derived = [
    [
      `CASE WHEN ${bounded} THEN CAST(${x} AS HUGEINT) END AS ${x}_q`,
      `CASE WHEN NOT (${bounded}) THEN CAST(${x} AS HUGEINT) END AS ${x}_r`,
    ],
  ];
  return { ...draft(spec, 'squares', [`sum(${x}_q * ${x}_q)${filter}`, rest(x, filter)]), derived };
}

/**
 * HyperLogLog: 12 bits of a hash that no version of DuckDB can change (MD5 of the value's text) choose the register, the
 * leading zeros of 32 others give its rank. Index and rank as one number.
 */
function registers(x: string, type: SqlType, filter: string): StateDraft {
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
function bucket(x: string, type: SqlType): string {
  // Arguments are computed before FILTER is applied, so that what it leaves out must not fail either.
  const infinite = isDouble(type) ? ` WHEN NOT isfinite(${x}) THEN NULL` : '';
  const index = `CAST(ceil(ln(abs(CAST(${x} AS DOUBLE))) / ${LOG_GAMMA}e0) AS INTEGER)`;
  return `CASE${infinite} WHEN ${x} = 0 THEN 0 WHEN ${x} > 0 THEN ${BUCKET_OFFSET} + ${index} ELSE -${BUCKET_OFFSET} - ${index} END`;
}
