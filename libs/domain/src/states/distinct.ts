/**
 * Distinct values: exact up to the bounds of number and size, HyperLogLog registers above them. Which form a state has depends only on the set
 * of values: a union that passes the bound has passed it in every order of merging.
 */
import type { Value } from '../sql-value';
import { comparatorOf } from '../values';
import { fitsState } from './bounds';
import { strictOrder } from './extremum';
import { hllOfTexts, mergeRegisters } from './hyperloglog';
import type { Present, SpecOf, StateKind } from './kind';
import type { State } from './spec';
import { unionSorted } from './sorted';

/** The registers' precision above the bound: 16,384 of them, a standard error of 0.8 %. */
export const DISTINCT_PRECISION = 14;

export type DistinctState = { readonly s: readonly Value[] } | { readonly h: string };

type Spec = SpecOf<'distinct'>;

export const distinct: StateKind<Spec> = {
  merge(spec, a, b) {
    const [x, y] = [a as DistinctState, b as DistinctState];
    if ('s' in x && 's' in y) {
      const compare = orderOf(spec);
      const union = unionSorted(x.s, y.s, compare, (kept) => kept);
      return union === x.s ? a : union === y.s ? b : bounded(spec, union);
    }
    const h = mergeRegisters(DISTINCT_PRECISION, registersOf(x), registersOf(y));
    return 'h' in x && x.h === h ? a : ({ h } as Present);
  },
};

/** The state of values in any order, repeats allowed, nulls left out (as COUNT(DISTINCT) does). */
export function distinctState(spec: Spec, values: readonly Value[]): State {
  const compare = orderOf(spec);
  const sorted = values
    .filter((value) => value !== null)
    .map(withoutMinusZero)
    .sort(compare);
  const distinctValues = sorted.filter(
    (value, index) => index === 0 || compare(sorted[index - 1]!, value) !== 0,
  );
  return distinctValues.length === 0 ? null : bounded(spec, distinctValues);
}

function bounded(spec: Spec, values: readonly Value[]): Present {
  return (
    fitsState(values, spec, (value) => value) ? { s: values } : { h: registersOf({ s: values }) }
  ) as Present;
}

function registersOf(state: DistinctState): string {
  return 'h' in state ? state.h : hllOfTexts(DISTINCT_PRECISION, state.s.map(hashedText));
}

const hashedText = (value: Value) => (typeof value === 'string' ? value : JSON.stringify(value));

const orderOf = (spec: Spec) => {
  const compare = comparatorOf(spec.type);
  return (a: Value, b: Value) => strictOrder(compare, a, b);
};

/** JSON has no minus zero, and SQL takes it for zero. */
export const withoutMinusZero = (value: Value): Value => (value === 0 ? 0 : value);
