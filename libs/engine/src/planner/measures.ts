/**
 * Which aggregates a product may have, and which states each of them needs. An aggregate that is not here has no state
 * that could be merged, or none yet; `REFUSED` says what to use instead.
 */
import { type Ast, type AstValue, isAst, numberOf } from '../sql/ast';
import type { Value } from '@tenon/domain';
import { isNotNull, structOf } from './nodes';

/** An aggregate call, read: still without types. */
export interface MeasureCall {
  readonly fn: string;
  /** Row-wise arguments, in the order that `states` expects. */
  readonly args: readonly Ast[];
  readonly filters: readonly Ast[];
  readonly params?: { readonly [name: string]: Value };
  readonly states: StatesOf;
}

/** How a measure's states are made of its arguments; see states.ts. */
export type StatesOf =
  | 'count'
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'arg_min'
  | 'arg_max'
  | 'moments'
  | 'distinct'
  | 'hll'
  | 'ddsketch'
  | 'counts';

export interface CallProblem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export const isProblem = (result: MeasureCall | CallProblem): result is CallProblem => 'code' in result;

interface Call {
  readonly name: string;
  readonly args: readonly Ast[];
  readonly filters: readonly Ast[];
  readonly distinct: boolean;
  readonly orders: readonly Ast[];
}

type Reader = (call: Call) => MeasureCall | CallProblem;

const simple =
  (states: StatesOf, fn: string = states, arity = 1): Reader =>
  ({ name, args, filters }) =>
    args.length === arity
      ? { fn, args, filters, states }
      : {
          code: 'not-mergeable',
          message: `${name} with ${args.length} arguments is not planned yet.`,
          hint: `${name} takes ${arity === 1 ? 'one argument' : `${arity} arguments`} here, and gives one value.`,
        };

const count: Reader = ({ args, filters, distinct }) => {
  if (distinct) return { fn: 'count_distinct', args: args.slice(0, 1), filters, states: 'distinct' };
  return { fn: 'count', args: args.slice(0, 1), filters, states: 'count' };
};

/** first(x ORDER BY t): the value at the smallest t; by several keys, all of them in one direction, as by a struct of them. */
const ordered =
  (end: 'first' | 'last'): Reader =>
  ({ name, args, filters, orders }) => {
    if (orders.length === 0 || args.length !== 1) {
      return {
        code: 'not-mergeable',
        message: `${name} without ORDER BY depends on the order of arrival.`,
        hint: `Use ${name}(x ORDER BY event_time), or ${end === 'first' ? 'arg_min' : 'arg_max'}(x, event_time).`,
      };
    }
    const descending = orders.map((order) => order['type'] === 'DESCENDING');
    if (new Set(descending).size > 1) {
      return {
        code: 'not-mergeable',
        message: `${name} is ordered in one direction: all keys ascending, or all descending.`,
        hint: 'Turn a number round by its sign, a time by -epoch(t): ORDER BY a, -b.',
      };
    }
    // Ascending, null stands above everything in Tenon; where it is to stand below, being known is a key of its own.
    const keys = orders.flatMap((order, index) => {
      const key = order['expression'] as Ast;
      const below = descending[index] !== (order['null_order'] === 'NULLS FIRST');
      return below ? [isNotNull(key), key] : [key];
    });
    const states = (end === 'first') === !descending[0] ? 'arg_min' : 'arg_max';
    const by = keys.length === 1 ? (keys[0] as Ast) : structOf(keys);
    return { fn: states, args: [args[0]!, by], filters, states };
  };

/** arg_max(x, by) leaves out rows where either is null; arg_max_null only those where `by` is. */
const keyed =
  (states: 'arg_min' | 'arg_max', nulls: boolean): Reader =>
  (call) => {
    const read = simple(states, states, 2)(call);
    if (isProblem(read))
      return {
        ...read,
        hint: `Use ${call.name}(x, by), which gives one value; the n first or last of a cell cannot be had in one product.`,
      };
    return { ...read, filters: [...read.filters, ...read.args.slice(nulls ? 1 : 0).map(isNotNull)] };
  };

const quantile: Reader = ({ name, args, filters, orders }) => {
  const q = args[1] && constant(args[1]);
  const valid = (value: Value | undefined) => typeof value === 'number' && value >= 0 && value <= 1;
  if (
    args.length !== 2 ||
    orders.length > 0 ||
    !(Array.isArray(q) ? q.length > 0 && q.every(valid) : valid(q))
  ) {
    return {
      code: 'not-mergeable',
      message: `${name} takes a value and a constant quantile, or a list of them, from 0 to 1.`,
      hint: 'approx_quantile(x, 0.5), approx_quantile(x, [0.5, 0.9])',
    };
  }
  return { fn: 'quantile', args: args.slice(0, 1), filters, states: 'ddsketch', params: { q: q as Value } };
};

const topK: Reader = ({ name, args, filters }) => {
  const k = args[1] && constant(args[1]);
  if (args.length !== 2 || typeof k !== 'number' || !Number.isInteger(k) || k < 1) {
    return {
      code: 'not-mergeable',
      message: `${name} takes a value and a constant k from 1.`,
      hint: 'approx_top_k(x, 3)',
    };
  }
  return { fn: 'top_k', args: args.slice(0, 1), filters, states: 'counts', params: { k } };
};

const AGGREGATES = new Map<string, Reader>([
  ['count', count],
  ['count_star', ({ filters }) => ({ fn: 'count', args: [], filters, states: 'count' })],
  // DuckDB's count_if is a sum of booleans: null where it saw nothing but null.
  ...named(['sum', 'count_if', 'countif', 'fsum', 'kahan_sum', 'sumkahan'], simple('sum')),
  ...named(['avg', 'mean', 'favg'], simple('avg')),
  ...named(['min', 'bool_and'], simple('min')),
  ...named(['max', 'bool_or'], simple('max')),
  ...named(['arg_min', 'argmin', 'min_by'], keyed('arg_min', false)),
  ...named(['arg_max', 'argmax', 'max_by'], keyed('arg_max', false)),
  ['arg_min_null', keyed('arg_min', true)],
  ['arg_max_null', keyed('arg_max', true)],
  ['first', ordered('first')],
  ['last', ordered('last')],
  ['var_pop', simple('moments', 'var_pop')],
  ...named(['var_samp', 'variance'], simple('moments', 'var_samp')),
  ['stddev_pop', simple('moments', 'stddev_pop')],
  ...named(['stddev_samp', 'stddev'], simple('moments', 'stddev_samp')),
  ['approx_count_distinct', simple('hll', 'approx_count_distinct')],
  ['approx_quantile', quantile],
  ['histogram', simple('counts', 'histogram')],
  ['mode', simple('counts', 'mode')],
  ['approx_top_k', topK],
]);

function named(names: readonly string[], reader: Reader): [string, Reader][] {
  return names.map((name) => [name, reader]);
}

const QUANTILE = 'use approx_quantile(x, 0.5)';
const LIST =
  'use histogram(x), approx_top_k(x, 10) or count(DISTINCT x); the events themselves are kept in the log';

/** Aggregates that people will try, and the way out. */
const REFUSED: Readonly<Record<string, string>> = {
  median: QUANTILE,
  quantile: QUANTILE,
  quantile_cont: QUANTILE,
  quantile_disc: QUANTILE,
  reservoir_quantile: QUANTILE,
  list: LIST,
  array_agg: LIST,
  string_agg: LIST,
  group_concat: LIST,
  listagg: LIST,
  json_group_array: LIST,
  json_group_object: LIST,
  any_value: 'use min(x), or last(x ORDER BY event_time)',
  arbitrary: 'use min(x), or last(x ORDER BY event_time)',
  product: 'use exp(sum(ln(x))) for positive numbers',
  corr: 'build it of sum(x), sum(y), sum(x * y) and count(*)',
  covar_pop: 'build it of sum(x), sum(y), sum(x * y) and count(*)',
  covar_samp: 'build it of sum(x), sum(y), sum(x * y) and count(*)',
  entropy: 'use histogram(x)',
  sem: 'use stddev_pop(x) / sqrt(count(x))',
  bit_and: 'for flags there are bool_and(x & 1 <> 0) and bool_or(x & 1 <> 0), one for each bit',
  bit_or: 'for flags there are bool_and(x & 1 <> 0) and bool_or(x & 1 <> 0), one for each bit',
  bit_xor: 'count the bits: count(*) FILTER (x & 1 <> 0) % 2, one for each bit',
  skewness: 'build it of sum(x), sum(x * x), sum(x * x * x) and count(x)',
  kurtosis: 'build it of sum(x), sum(x * x), … up to the fourth power, and count(x)',
  kurtosis_pop: 'build it of sum(x), sum(x * x), … up to the fourth power, and count(x)',
  mad: 'stddev_pop(x) is another measure of spread; quantiles apart another: approx_quantile(x, [0.25, 0.75])',
};

/** Their states could be merged. */
const NOT_YET = new Set(
  `bit_and bit_or bit_xor corr covar_pop covar_samp skewness kurtosis kurtosis_pop product sem
     regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy`.split(
    /\s+/,
  ),
);

/** Reads an aggregate call of the parse tree. */
export function readMeasure(node: Ast): MeasureCall | CallProblem {
  const name = String(node['function_name']).toLowerCase();
  const orders = ((node['order_bys'] as Ast | undefined)?.['orders'] ?? []) as Ast[];
  const filter = node['filter'];
  const call: Call = {
    name,
    args: (node['children'] as Ast[]).map((child) => ({ ...child, alias: '' })),
    filters: isAst(filter) ? [filter] : [],
    distinct: node['distinct'] === true,
    orders,
  };
  const reader = AGGREGATES.get(name);
  if (reader === undefined) {
    const hint = REFUSED[name];
    return {
      code: 'not-mergeable',
      message: NOT_YET.has(name)
        ? `${name} is not planned yet.`
        : `${name} cannot be merged: it needs all values of a cell at once.`,
      hint:
        hint === undefined
          ? 'See docs/sql.md for the aggregates that can.'
          : `${hint[0]!.toUpperCase()}${hint.slice(1)}.`,
    };
  }
  if (
    call.distinct &&
    !['count', 'min', 'max', 'bool_and', 'bool_or', 'approx_count_distinct'].includes(name)
  ) {
    return {
      code: 'not-mergeable',
      message: `${name}(DISTINCT …) cannot be merged.`,
      hint: `Use count(DISTINCT x), or ${name} over all values.`,
    };
  }
  return reader(call);
}

/** The value of a constant, of a list of constants, or of a negated or cast one. */
function constant(node: Ast): Value | undefined {
  if (node['class'] === 'CONSTANT') {
    const {
      type,
      value,
      is_null: isNull,
    } = node['value'] as { type: Ast; value?: AstValue; is_null: boolean };
    if (isNull) return undefined;
    const number = numberOf(value);
    if (number === undefined) return undefined;
    const info = type['type_info'];
    return isAst(info) && type['id'] === 'DECIMAL' ? number / 10 ** (numberOf(info['scale']) ?? 0) : number;
  }
  if (node['class'] === 'CAST') return constant(node['child'] as Ast);
  if (
    node['class'] !== 'FUNCTION' ||
    !['list_value', 'list_pack', 'array_value'].includes(String(node['function_name']))
  )
    return undefined;
  const items = (node['children'] as Ast[]).map(constant);
  return items.includes(undefined) ? undefined : (items as Value[]);
}
