import type { SqlType, StateSpec } from '@tenon/domain';
import type { Decoder } from './carriers';

/** A state as SQL: the aggregates that give it, and what they need. */
export interface StateDraft {
  readonly spec: StateSpec;
  readonly decoder: Decoder;
  /** Drafts of one name are the same state; where their columns differ, the one with more of them serves for both. */
  readonly name: string;
  /** The aggregates, as SQL. */
  readonly columns: readonly string[];
  /** For states made of values and how often each occurs: the value, and which rows count. */
  readonly counted?: { readonly value: string; readonly where: string };
  /** For states that give up beyond a bound: the values that they are made of, and the state's columns of those (d.v, d.c). */
  readonly bounded?: { readonly value: string; readonly where: string; readonly columns: readonly string[] };
  /** Columns that must be derived from the arguments first, level by level: `expression AS name`. */
  readonly derived?: readonly (readonly string[])[];
}

/** @param name what makes two drafts the same state; their columns, if not given */
export function draft(
  spec: StateSpec,
  decoder: Decoder,
  columns: readonly string[],
  name = columns.join(),
): StateDraft {
  return { spec, decoder, columns, name: `${JSON.stringify(spec)} ${name}` };
}

export const isDouble = (type: SqlType) => type === 'DOUBLE' || type === 'FLOAT';
