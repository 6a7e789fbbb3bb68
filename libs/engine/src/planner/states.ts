/**
 * States as SQL: for each state, the aggregates that give it, over a relation whose columns are the arguments (a0, a1 …)
 * and filters (f0, f1 …) of the product's aggregates. The rules here decide what a state is, to the last bit: change one,
 * and `STATE_RULES` must change too, so that old and new states are never merged.
 */
import type { SqlType } from '@tenon/domain';
import { COMPOSED_BYTES, STATE_BYTES, TEXT_CHARS, shapeOf, writtenType } from '@tenon/domain';
import type { TypeShape } from '@tenon/domain';
import { doubleMoments, doubleSum, rest } from './doubles';
import { quoteName, quoteText } from '../sql/text';
import { type StateDraft, draft, isDouble } from './draft';
import type { MeasureCall } from './measures';
import { HIDDEN } from './names';
import { SKETCH_ALPHA, bucket, counts, distinct, listed, registers } from './sketches';

/**
 * Part of a plan's hash. The bounds of size came without a change of it: a state that was kept whole by a release before is merged
 * as any other, and what is above a bound is then named as approximate where it was not.
 */
export const STATE_RULES = 1;

/** What the sets and counts of one cell may have together, bytes: a frame takes 4 MiB of a cell. */
const CELL_BYTES = 3_000_000;

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

/** Whether structs and lists of what Tenon can compare are made of nothing else. */
function isComposed(type: SqlType): boolean {
  const whole = (shape: TypeShape): boolean =>
    shape.kind === 'struct'
      ? shape.fields.every(([, field]) => whole(field))
      : shape.kind === 'list'
        ? whole(shape.item)
        : shape.kind !== 'map' && shape.kind !== 'interval';
  return !isComparable(type) && /[)\]]$/.test(type) && whole(shapeOf(type));
}

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
  const count = draft({ kind: 'count' }, 'count', [`count(${x || '*'})${filter}`]);
  switch (call.states) {
    case 'count':
      return [count];
    case 'sum':
      return numeric(type, call.fn) ?? [sum(x, type, result, filter)];
    case 'avg':
      return (
        numeric(type, call.fn) ?? [
          sum(x, type, DECIMAL.test(type) ? sumType(type) : 'HUGEINT', filter),
          count,
        ]
      );
    case 'min':
    case 'max':
      return (
        comparable(type, call.fn) ?? [
          draft({ kind: call.states, type }, 'value', [beginning(`${call.states}(${x})${filter}`, type)]),
        ]
      );
    case 'arg_min':
    case 'arg_max': {
      const spec = { kind: call.states, by: byType, type, event: true } as const;
      const [b, v] = [beginning(by, byType), isComposed(type) ? notLarge(x) : `'x': ${beginning(x, type)}`];
      // Compared in this order: of equal keys the event decides, so that several of these name one event.
      const pair = `${call.states.slice(4)}({'b': ${b}, 'e': ${EVENT}, ${v}})${filter}`;
      return ordering(byType, call.fn) ?? kept(type, call.fn) ?? [draft(spec, 'pair', [pair])];
    }
    case 'moments':
      return moments(call, x, type, filter, count);
    case 'distinct':
      return comparable(type, 'count(DISTINCT)') ?? [distinct(x, type, filter, where)];
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
      return comparable(type, call.fn) ?? [counts(x, type, where)];
  }
}

const EVENT = quoteName(HIDDEN[2]);

/** Of a text no more than a state takes, and one character that says so. It keeps the texts' order. */
const beginning = (x: string, type: SqlType): string =>
  type === 'VARCHAR' ? cut(x) : beginnings(x, shapeOf(type));
const cut = (x: string) => `left(${x}, ${TEXT_CHARS + 1})`;

/** The same of each text in a struct: where two differ beyond it, both are known to be cut. */
function beginnings(x: string, shape: TypeShape): string {
  if (shape.kind === 'text') return cut(`CAST(${x} AS VARCHAR)`);
  if (shape.kind !== 'struct' || !hasText(shape)) return x;
  const fields = shape.fields.map(
    ([name, field]) => `${quoteText(name)}: ${beginnings(`${x}.${quoteName(name)}`, field)}`,
  );
  return `CASE WHEN ${x} IS NOT NULL THEN {${fields.join(', ')}} END`;
}

const hasText = (shape: TypeShape): boolean =>
  shape.kind === 'struct' ? shape.fields.some(([, field]) => hasText(field)) : shape.kind === 'text';

/** A struct or list that takes more than the longest text: null, and `c` says that it is not known. */
const notLarge = (x: string) => {
  const large = `coalesce(strlen(CAST(${x} AS VARCHAR)) > ${COMPOSED_BYTES}, false)`;
  return `'x': CASE WHEN NOT ${large} THEN ${x} END, 'c': ${large}`;
};

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

  /** Where a product has many sets and counts, each may be so much smaller: all of a cell has to pass. */
  all(): StateDraft[] {
    const drafts = [...this.drafts.values()];
    const bytes = Math.floor(CELL_BYTES / drafts.filter(({ spec }) => 'bound' in spec).length);
    if (bytes >= STATE_BYTES) return drafts;
    return drafts.map((one) => ('bound' in one.spec ? { ...one, spec: { ...one.spec, bytes } } : one));
  }
}

function numeric(type: SqlType, fn: string): TypeProblem | undefined {
  // DuckDB's sum of it is a DOUBLE, which rounds by the order of events.
  if (type === 'UHUGEINT' && fn !== 'quantile')
    return {
      message: `${fn} of UHUGEINT cannot be merged.`,
      hint: 'Cast it to DOUBLE or, where it fits, to HUGEINT first.',
    };
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
    hint:
      type === 'INTERVAL'
        ? 'Make it a number of seconds: epoch(x).'
        : /[\])]$/.test(type)
          ? 'Take a field or an element of it: x.field, x[1].'
          : 'Cast it to a type that has an order in Tenon, e.g. TIMESTAMP, BIGINT or VARCHAR.',
  };
}

/** What first, last, arg_min, arg_max may be ordered by: several keys are a struct. */
const ordering = (type: SqlType, fn: string) =>
  isEnumeration(type)
    ? {
        message: `${fn} by an ENUM cannot be merged: its order is that of its values and not of their texts.`,
        hint: "Order by CAST(x AS VARCHAR), or by a number: CASE x WHEN 'low' THEN 1 … END.",
      }
    : isComposed(type) && !type.includes('[')
      ? undefined
      : comparable(type, fn);

/** Also within a struct. */
function isEnumeration(type: SqlType): boolean {
  const written = writtenType(type);
  return written.kind === 'struct'
    ? written.fields.some(([, field]) => isEnumeration(field))
    : written.kind === 'plain' && written.name === 'ENUM';
}

/** What they may give: structs and lists too. */
const kept = (type: SqlType, fn: string) => (isComposed(type) ? undefined : comparable(type, fn));

const sumType = (decimal: SqlType) => `DECIMAL(38,${DECIMAL.exec(decimal)![2]})`;

function sum(x: string, type: SqlType, result: SqlType, filter: string): StateDraft {
  if (isDouble(type)) return doubleSum(x, filter);
  const exact = !isDouble(result) ? result : DECIMAL.test(type) ? sumType(type) : 'HUGEINT';
  return draft({ kind: 'sum', type: exact }, 'sum', [`sum(${x})${filter}`]);
}

function moments(
  call: MeasureCall,
  x: string,
  type: SqlType,
  filter: string,
  count: StateDraft,
): StateDraft[] | TypeProblem {
  const problem = numeric(type, call.fn);
  if (problem !== undefined) return problem;
  if (isDouble(type)) return [...doubleMoments(x, filter), count];
  const [, digits, scale] = DECIMAL.exec(type) ?? [];
  if (Number(digits ?? 0) > 19 || /HUGEINT/.test(type)) {
    return {
      message: `${call.fn} of ${type} cannot be merged: its squares have too many digits.`,
      hint: 'Cast it to BIGINT, DECIMAL(18,2) or DOUBLE first.',
    };
  }
  const first = sum(x, type, scale === undefined ? 'HUGEINT' : sumType(type), filter);
  return [first, squares(x, type, scale, filter), count];
}

/** Whole numbers up to 2^48 have squares that a HUGEINT can sum; larger ones are listed. A decimal counts in steps of its last digit. */
function squares(x: string, type: SqlType, scale: string | undefined, filter: string): StateDraft {
  const spec = {
    kind: 'sum',
    type: scale === undefined ? 'HUGEINT' : `DECIMAL(38,${2 * Number(scale)})`,
  } as const;
  if (SMALL.test(type)) return draft(spec, 'sum', [`sum(CAST(${x} AS BIGINT) * ${x})${filter}`]);
  const unit = 10n ** BigInt(scale ?? 0);
  const whole =
    scale === undefined
      ? `CAST(${x} AS HUGEINT)`
      : `CAST(trunc(${x}) AS HUGEINT) * ${unit} + CAST((${x} - trunc(${x})) * ${unit} AS HUGEINT)`;
  const bounded = `${x}_u BETWEEN -281474976710656 AND 281474976710656`;
  const derived = [
    [`${whole} AS ${x}_u`],
    [
      `CASE WHEN ${bounded} THEN ${x}_u END AS ${x}_q`,
      `CASE WHEN NOT (${bounded}) THEN ${x}_u END AS ${x}_r`,
    ],
  ];
  return { ...draft(spec, 'squares', [`sum(${x}_q * ${x}_q)${filter}`, rest(x, filter)]), derived };
}
