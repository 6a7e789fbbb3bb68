/** The registry of state kinds, and what services do with states of any kind. */
import { counts } from './counts';
import { ddsketchKind } from './ddsketch';
import { distinct } from './distinct';
import { doubleSumKind } from './double-sum';
import { argMax, argMin, max, min } from './extremum';
import { hll } from './hyperloglog';
import type { SpecOf, StateKind } from './kind';
import type { State, StateSpec } from './spec';
import { count, sum } from './sum';

const KINDS: { readonly [K in StateSpec['kind']]: StateKind<SpecOf<K>> } = {
  count,
  sum,
  sum_double: doubleSumKind,
  min,
  max,
  arg_min: argMin,
  arg_max: argMax,
  distinct,
  hll,
  ddsketch: ddsketchKind,
  counts,
};

/** The state of two disjoint sets of events together. null is the identity; neither input is changed. */
export function mergeState(spec: StateSpec, a: State, b: State): State {
  if (a === null) return b;
  if (b === null) return a;
  return (KINDS[spec.kind] as StateKind<StateSpec>).merge(spec, a, b);
}

/** Merges the delta of a micro-batch into the states of a cell: `target[i]` becomes the merge of both. */
export function mergeInto(specs: readonly StateSpec[], target: State[], delta: readonly State[]): void {
  for (let i = 0; i < specs.length; i++)
    target[i] = mergeState(specs[i]!, target[i] ?? null, delta[i] ?? null);
}

/** The states of no events at all. */
export function identityStates(specs: readonly StateSpec[]): State[] {
  return specs.map(() => null);
}

/** True if two states, or two lists of states, are equal bit for bit (as JSON: minus zero is zero). */
export function sameStates(a: State | readonly State[], b: State | readonly State[]): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item: State, index) => sameStates(item, b[index] as State));
  }
  const [x, y] = [a, b] as { readonly [name: string]: State }[];
  const names = Object.keys(x!);
  return (
    names.length === Object.keys(y!).length &&
    names.every((name) => Object.hasOwn(y!, name) && sameStates(x![name]!, y![name]!))
  );
}
