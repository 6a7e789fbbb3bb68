/** How often each value occurs, for histograms, modes and top-k. Above the bound it overflows for good. */
import type { Value } from '../sql-value';
import { comparatorOf } from '../values';
import { fitsState } from './bounds';
import { withoutMinusZero } from './distinct';
import { strictOrder } from './extremum';
import type { Present, SpecOf, StateKind } from './kind';
import type { State } from './spec';
import { unionSorted } from './sorted';

export type Counted = readonly [value: Value, count: number];
export type CountsState = { readonly c: readonly Counted[] } | { readonly o: true };

type Spec = SpecOf<'counts'>;

export const counts: StateKind<Spec> = {
  merge(spec, a, b) {
    const [x, y] = [a as unknown as CountsState, b as unknown as CountsState];
    if ('o' in x) return a;
    if ('o' in y) return b;
    return bounded(spec, unionSorted(x.c, y.c, orderOf(spec), add));
  },
};

/** The state of values with their counts, in any order, nulls left out. @returns null if nothing was counted */
export function countsState(spec: Spec, pairs: readonly (readonly [value: Value, count: number])[]): State {
  const compare = orderOf(spec);
  const merged: Counted[] = [];
  const sorted = pairs
    .filter(([value, count]) => value !== null && count > 0)
    .map(([value, count]): Counted => [withoutMinusZero(value), count]);
  for (const pair of sorted.sort(compare)) {
    const last = merged.at(-1);
    if (last !== undefined && compare(last, pair) === 0) merged[merged.length - 1] = add(last, pair);
    else merged.push(pair);
  }
  return merged.length === 0 ? null : bounded(spec, merged);
}

function bounded(spec: Spec, c: readonly Counted[]): Present {
  return (fitsState(c, spec, ([value]) => value) ? { c } : { o: true }) as unknown as Present;
}

const add = (a: Counted, b: Counted): Counted => [a[0], a[1] + b[1]];

const orderOf = (spec: Spec) => {
  const compare = comparatorOf(spec.type);
  return (a: Counted, b: Counted) => strictOrder(compare, a[0], b[0]);
};
