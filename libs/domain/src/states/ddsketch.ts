/**
 * DDSketch (Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
 * VLDB 2019), without its bound on the number of buckets: merging then loses nothing.
 *
 * Bucket i counts the values in (γ^(i-1), γ^i] with γ = (1 + α) / (1 - α). The state is `{z, p, n}`: how many zeros, and
 * for positive and negative values (by their absolute value) bucket and count in turn, sorted by bucket.
 */
import type { SpecOf, StateKind } from './kind';
import type { State } from './spec';

export interface SketchState {
  readonly z: number;
  readonly p: readonly number[];
  readonly n: readonly number[];
}

type Buckets = readonly (readonly [bucket: number, count: number])[];

export const ddsketchKind: StateKind<SpecOf<'ddsketch'>> = {
  merge(_spec, a, b) {
    const [x, y] = [a as unknown as SketchState, b as unknown as SketchState];
    return { z: x.z + y.z, p: mergeBuckets(x.p, y.p), n: mergeBuckets(x.n, y.n) };
  },
};

/** The state of buckets in any order. @returns null, the identity, if nothing was counted */
export function ddsketch(zero: number, positive: Buckets, negative: Buckets): State {
  const state = { z: zero, p: flatten(positive), n: flatten(negative) };
  return zero === 0 && state.p.length === 0 && state.n.length === 0 ? null : state;
}

/** The bucket of a positive number. */
export function ddsketchBucket(alpha: number, value: number): number {
  return Math.ceil(Math.log(value) / Math.log(gammaOf(alpha)));
}

/** The number that stands for a bucket: within the share alpha of each number in it. */
export function ddsketchValue(alpha: number, bucket: number): number {
  const gamma = gammaOf(alpha);
  const value = (2 * gamma ** bucket) / (gamma + 1);
  // Of the largest doubles the power, or twice of it, is none.
  return value === Infinity
    ? Math.min(gamma ** (bucket - 1) * ((2 * gamma) / (gamma + 1)), Number.MAX_VALUE)
    : value;
}

/** How many values a sketch has seen. */
export function ddsketchCount(state: SketchState): number {
  let count = state.z;
  for (const buckets of [state.p, state.n]) for (let i = 1; i < buckets.length; i += 2) count += buckets[i]!;
  return count;
}

/**
 * The q-quantile (0 ≤ q ≤ 1): the bucket of the nearest rank, which is the value number ⌈q · count⌉ of all in order (the first at 0).
 *
 * @returns null if nothing was counted
 */
export function ddsketchQuantile(alpha: number, state: SketchState, q: number): number | null {
  const count = ddsketchCount(state);
  if (count === 0) return null;
  let above = nearestRank(q, count) - 1;
  for (let i = state.n.length - 2; i >= 0; i -= 2) {
    above -= state.n[i + 1]!;
    if (above < 0) return -ddsketchValue(alpha, state.n[i]!);
  }
  above -= state.z;
  if (above < 0) return 0;
  let i = 0;
  for (; i < state.p.length - 2; i += 2) {
    above -= state.p[i + 1]!;
    if (above < 0) break;
  }
  return ddsketchValue(alpha, state.p[i]!);
}

/** ⌈q · count⌉, at least 1, by the digits that q is written with: 0.07 of 100 is the 7th, though their product as doubles is more. */
export function nearestRank(q: number, count: number): number {
  const [whole = '0', digits = ''] = (q < 1e-6 ? q.toFixed(20) : String(q)).split('.');
  const unit = 10n ** BigInt(digits.length);
  const rank = (BigInt(whole + digits) * BigInt(count) + unit - 1n) / unit;
  return Math.min(Math.max(Number(rank), 1), count);
}

const gammaOf = (alpha: number) => (1 + alpha) / (1 - alpha);

function flatten(buckets: Buckets): number[] {
  const flat: number[] = [];
  for (const [bucket, count] of buckets.filter(([, one]) => one > 0).sort((a, b) => a[0] - b[0])) {
    if (flat.length > 0 && flat[flat.length - 2] === bucket) flat[flat.length - 1]! += count;
    else flat.push(bucket, count);
  }
  return flat;
}

function mergeBuckets(a: readonly number[], b: readonly number[]): readonly number[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  if (short.length === 0) return long;
  const merged = long.slice();
  let at = 0;
  for (let i = 0; i < short.length; i += 2) {
    at = findBucket(merged, short[i]!, at);
    // A new bucket: the general merge.
    if (merged[at] !== short[i]) return mergeAll(long, short);
    merged[at + 1]! += short[i + 1]!;
  }
  return merged;
}

/** The index, from `from` on, of the first bucket that is not below. */
function findBucket(buckets: readonly number[], bucket: number, from: number): number {
  let low = from / 2;
  let high = buckets.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (buckets[middle * 2]! < bucket) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}

function mergeAll(a: readonly number[], b: readonly number[]): readonly number[] {
  const merged: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [x, y] = [a[i] ?? Infinity, b[j] ?? Infinity];
    merged.push(Math.min(x, y), (x <= y ? a[i + 1]! : 0) + (y <= x ? b[j + 1]! : 0));
    if (x <= y) i += 2;
    if (y <= x) j += 2;
  }
  return merged;
}
