/** From states to numbers: one finalizer per aggregate. Only here does a state stop being mergeable. */
import type { PlanMeasure } from '../plan';
import { isCut } from '../states/bounds';
import type { State, StateSpec } from '../states/spec';
import { histogram, mode, topK } from './frequencies';
import { type Finalized, type Finalizer, approximate, exact } from './measure';
import { stddevPop, stddevSamp, varPop, varSamp } from './moments';
import { approxCountDistinct, countDistinct, quantile } from './sketches';
import { avg, count, sum } from './totals';

/** A text that was cut is not known: nothing, rather than its beginning. */
const itself: Finalizer = ({ states }) => {
  const value = states[0] ?? null;
  return isCut(value) ? approximate(null) : exact(value);
};
/** `[by, value, event, large]` → value */
const keyed: Finalizer = ({ states }) => {
  const [by = null, value = null, , large = false] = (states[0] ?? []) as readonly State[];
  return large === true || isCut(by) || isCut(value) ? approximate(null) : exact(value);
};

const FINALIZERS = new Map<string, Finalizer>([
  ['count', count],
  ['sum', sum],
  ['avg', avg],
  ['min', itself],
  ['max', itself],
  ['arg_min', keyed],
  ['arg_max', keyed],
  ['var_pop', varPop],
  ['var_samp', varSamp],
  ['stddev_pop', stddevPop],
  ['stddev_samp', stddevSamp],
  ['count_distinct', countDistinct],
  ['approx_count_distinct', approxCountDistinct],
  ['quantile', quantile],
  ['histogram', histogram],
  ['mode', mode],
  ['top_k', topK],
]);

/**
 * The value of a measure, encoded as its SQL type is.
 *
 * @param specs of the whole plan; `measure.states` are indices into them
 * @param states of the cell, in the same order
 * @throws Error for a measure that this version does not know (a plan of a newer one)
 */
export function finalizeMeasure(
  measure: PlanMeasure,
  specs: readonly StateSpec[],
  states: readonly State[],
): Finalized {
  const finalizer = FINALIZERS.get(measure.fn);
  if (finalizer === undefined) throw new Error(`Unknown measure: ${measure.fn}`);
  return finalizer({
    measure,
    specs: measure.states.map((index) => specs[index]!),
    states: measure.states.map((index) => states[index] ?? null),
  });
}
