/** count, sum, avg, and the exact sums that other finalizers compute with. */
import { type JsonInteger, formatDecimal } from '../integers';
import type { Value } from '../sql-value';
import { type Rational, dyadic, nearestDouble } from '../rational';
import { shapeOf } from '../sql-type';
import type { DoubleSum } from '../states/double-sum';
import type { State, StateSpec } from '../states/spec';
import { encodeDouble } from '../values';
import { type Finalizer, exact } from './measure';

export const count: Finalizer = ({ states }) => exact(states[0] ?? 0);

export const sum: Finalizer = ({ specs, states }) => {
  const [spec, state] = [specs[0], states[0] ?? null];
  if (spec === undefined || state === null) return exact(null);
  if (spec.kind === 'sum') return exact(formatSum(spec.type, state as JsonInteger));
  const total = exactSum(spec, state);
  return exact(
    typeof total === 'number' ? encodeDouble(total) : encodeDouble(nearestDouble(total.num, total.den)),
  );
};

export const avg: Finalizer = ({ specs, states }) => {
  const quick = quotient(specs[0], states[0], states[1]);
  if (quick !== undefined) return exact(quick);
  const n = countOf(states[1]);
  if (n === 0n || specs[0] === undefined) return exact(null);
  const total = exactSum(specs[0], states[0] ?? null);
  return exact(encodeDouble(typeof total === 'number' ? total : nearestDouble(total.num, total.den * n)));
};

/** Where sum and count are whole numbers that doubles hold, one division is the nearest double: IEEE 754 rounds it once. */
function quotient(
  spec: StateSpec | undefined,
  sum: State | undefined,
  count: State | undefined,
): number | undefined {
  if (spec?.kind !== 'sum' || typeof sum !== 'number' || typeof count !== 'number' || count === 0)
    return undefined;
  const shape = shapeOf(spec.type);
  const scale = shape.kind === 'decimal' ? shape.scale : 0;
  const divisor = scale === 0 ? count : count * Number(`1e${scale}`);
  return Number.isSafeInteger(sum) && Number.isSafeInteger(divisor) ? sum / divisor : undefined;
}

function formatSum(type: string, state: JsonInteger): Value {
  const shape = shapeOf(type);
  return shape.kind === 'decimal' ? formatDecimal(state, shape.scale) : state;
}

export const countOf = (state: State | undefined): bigint =>
  BigInt((state as JsonInteger | null | undefined) ?? 0);

/** A sum as an exact fraction; a number (NaN, Infinity, -Infinity) where it has no other value. null sums to 0. */
export function exactSum(spec: StateSpec, state: State): Rational | number {
  if (state === null) return { num: 0n, den: 1n };
  if (spec.kind === 'sum') {
    const shape = shapeOf(spec.type);
    return {
      num: BigInt(state as JsonInteger),
      den: 10n ** BigInt(shape.kind === 'decimal' ? shape.scale : 0),
    };
  }
  const [mantissa, exponent, nan = 0, infinity = 0, minusInfinity = 0] = state as DoubleSum;
  if (nan > 0 || (infinity > 0 && minusInfinity > 0)) return NaN;
  if (infinity > 0) return Infinity;
  if (minusInfinity > 0) return -Infinity;
  return dyadic(BigInt(mantissa), exponent);
}
