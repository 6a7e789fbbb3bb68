import type { State, StateSpec } from './spec';

/** A state that is not the identity. */
export type Present = NonNullable<State>;

/**
 * How states of one kind merge. `merge` is commutative and associative bit for bit, gives back one of its inputs or a
 * new state, and never changes an input. The identity is dealt with before.
 */
export interface StateKind<S extends StateSpec> {
  merge(spec: S, a: Present, b: Present): Present;
}

/** The spec of a kind. */
export type SpecOf<K extends StateSpec['kind']> = Extract<StateSpec, { readonly kind: K }>;
