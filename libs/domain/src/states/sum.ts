import { addIntegers, type JsonInteger } from '../integers';
import type { SpecOf, StateKind } from './kind';

/** Counts and exact sums are JSON integers. */
export const count: StateKind<SpecOf<'count'>> = {
  merge: (_spec, a, b) => addIntegers(a as JsonInteger, b as JsonInteger),
};

export const sum: StateKind<SpecOf<'sum'>> = {
  merge: (_spec, a, b) => addIntegers(a as JsonInteger, b as JsonInteger),
};
