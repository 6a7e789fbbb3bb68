/** Variances and standard deviations from Σx, Σx² and the count, exact up to the last rounding. */
import { nearestDouble } from '../rational';
import { encodeDouble } from '../values';
import { type Finalizer, type MeasureInput, exact } from './measure';
import { countOf, exactSum } from './totals';

export const varPop: Finalizer = (input) => exact(moment(input, 0n, (variance) => variance));
export const varSamp: Finalizer = (input) => exact(moment(input, 1n, (variance) => variance));
export const stddevPop: Finalizer = (input) => exact(moment(input, 0n, Math.sqrt));
export const stddevSamp: Finalizer = (input) => exact(moment(input, 1n, Math.sqrt));

/** (n·Σx² − (Σx)²) / (n · (n − lost)); null for fewer values than that needs. */
function moment(
  { specs, states }: MeasureInput,
  lost: bigint,
  finish: (variance: number) => number,
): number | string | null {
  const n = countOf(states[2]);
  if (n <= lost || specs[0] === undefined || specs[1] === undefined) return null;
  const total = exactSum(specs[0], states[0] ?? null);
  const squares = exactSum(specs[1], states[1] ?? null);
  if (typeof total === 'number' || typeof squares === 'number') return encodeDouble(NaN);
  const num = n * squares.num * total.den * total.den - total.num * total.num * squares.den;
  // Squares that were rounded on the way may bring a variance of nothing slightly below 0.
  if (num <= 0n) return 0;
  return encodeDouble(finish(nearestDouble(num, squares.den * total.den * total.den * n * (n - lost))));
}
