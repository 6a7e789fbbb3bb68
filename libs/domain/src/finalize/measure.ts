import type { PlanMeasure } from '../plan';
import type { Value } from '../sql-value';
import type { State, StateSpec } from '../states/spec';

/** What a finalizer reads: the measure's own states, in the order that the planner gave them. */
export interface MeasureInput {
  readonly measure: PlanMeasure;
  readonly specs: readonly StateSpec[];
  readonly states: readonly State[];
}

export interface Finalized {
  readonly value: Value;
  /** True only where exact was asked and a bound was passed. */
  readonly approximate: boolean;
}

export type Finalizer = (input: MeasureInput) => Finalized;

export const exact = (value: Value): Finalized => ({ value, approximate: false });
export const approximate = (value: Value): Finalized => ({ value, approximate: true });
