/**
 * The states that Tenon knows: the mergeable forms of aggregates.
 *
 * A state is a JSON value, immutable once made; `null` is the identity of every kind. States of one kind form a
 * commutative monoid under `mergeState`, bit for bit: no order, grouping or batching of events changes them.
 */
import type { SqlType } from '../sql-value';

export type StateSpec =
  /** How many rows: a JSON integer. */
  | { readonly kind: 'count' }
  /** An exact sum of integers or of decimals' unscaled integers: a safe JSON integer, else a decimal string. */
  | { readonly kind: 'sum'; readonly type: SqlType }
  /** An exact sum of doubles (see double-sum.ts). */
  | { readonly kind: 'sum_double' }
  /** The smallest or largest value by the order of its SQL type: an encoded value, of a long text its beginning (bounds.ts). */
  | { readonly kind: 'min' | 'max'; readonly type: SqlType }
  /**
   * The value at the smallest or largest order key: `[by, value, event]`. Ties go to the smaller id of the event (arg_min) or the
   * larger (arg_max), so that several of them name one event and the order of arrival does not matter; within one event to
   * the value. States of releases before have no event, and lose to those that have. Of a struct or list above COMPOSED_BYTES:
   * `[by, null, event, true]`.
   */
  | {
      readonly kind: 'arg_min' | 'arg_max';
      readonly by: SqlType;
      readonly type: SqlType;
      readonly event?: true;
    }
  /**
   * The distinct values up to `bound` and `bytes`, sorted: `{s: [...]}`; above it the HyperLogLog registers of the same values:
   * `{h: registers}`, and the measure's rows say that they are approximate.
   */
  | { readonly kind: 'distinct'; readonly type: SqlType; readonly bound: number; readonly bytes?: number }
  /** HyperLogLog registers, 2^precision of them (Flajolet et al. 2007, 64-bit hash as in Heule et al. 2013). */
  | { readonly kind: 'hll'; readonly precision: number }
  /** DDSketch buckets with relative accuracy `alpha` (Masson, Rim, Lee 2019). */
  | { readonly kind: 'ddsketch'; readonly alpha: number }
  /**
   * How often each value occurs, up to `bound` values and `bytes`: `{c: [[value, count], ...]}` sorted by value; above it
   * `{o: true}`: overflowed for good, and the measure's rows say so instead of giving a wrong number.
   */
  | { readonly kind: 'counts'; readonly type: SqlType; readonly bound: number; readonly bytes?: number };

/** A state in its JSON form; which form, its `StateSpec` says. */
export type State = null | boolean | number | string | readonly State[] | { readonly [name: string]: State };
