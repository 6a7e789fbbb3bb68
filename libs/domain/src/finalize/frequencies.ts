/** Histogram, mode and top-k from counts per value; null and approximate once the counts have overflowed. */
import type { Value } from '../sql-value';
import type { Counted, CountsState } from '../states/counts';
import { type Finalizer, approximate, exact } from './measure';

const over =
  (read: (counted: readonly Counted[], params: { readonly [name: string]: Value }) => Value): Finalizer =>
  ({ measure, states }) => {
    const state = (states[0] ?? null) as unknown as CountsState | null;
    if (state === null) return exact(null);
    return 'o' in state ? approximate(null) : exact(read(state.c, measure.params ?? {}));
  };

/** As a MAP: pairs of value and count, by value. */
export const histogram = over((counted) => counted);

/** The most frequent value, of equally frequent ones the smallest. */
export const mode = over((counted) => byFrequency(counted)[0]?.[0] ?? null);

/** The k most frequent values, the most frequent first. */
export const topK = over((counted, params) =>
  byFrequency(counted)
    .slice(0, Number(params['k']))
    .map(([value]) => value),
);

/** Stable, so that ties stay in the values' order. */
function byFrequency(counted: readonly Counted[]): Counted[] {
  return [...counted].sort((a, b) => b[1] - a[1]);
}
