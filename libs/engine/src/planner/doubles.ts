/** Exact sums of doubles in SQL. */
import { type StateDraft, draft } from './draft';

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

/** What is not in the lane, one by one. */
export const rest = (x: string, filter: string) =>
  `list(${x}_r) FILTER (WHERE ${x}_r IS NOT NULL${filter === '' ? '' : ` AND ${filter.slice(' FILTER (WHERE '.length, -1)}`})`;

export function doubleSum(x: string, filter: string): StateDraft {
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

/** The states of Σx and Σx². */
export function doubleMoments(x: string, filter: string): StateDraft[] {
  const derived = [doubleLanes(x), splitLanes(x)];
  const [h, l] = [`${x}_h`, `${x}_l`];
  const product = (a: string, b: string) => `sum(CAST(${a} AS HUGEINT) * ${b})${filter}`;
  const sums = [`sum(${h})${filter}`, `sum(${l})${filter}`, rest(x, filter)];
  const squares = [product(h, h), product(h, l), product(l, l), rest(x, filter)];
  return [
    { ...draft({ kind: 'sum_double' }, 'double_split', sums, x + filter), derived },
    { ...draft({ kind: 'sum_double' }, 'double_squares', squares), derived },
  ];
}
