/** Sorted arrays without repeats, as immutable sets. */

/** The first index from `from` on whose item is not below `item`. Gallops: near hits are cheap, far ones logarithmic. */
export function lowerBound<T>(
  items: readonly T[],
  item: T,
  from: number,
  compare: (a: T, b: T) => number,
): number {
  let step = 1;
  let low = from;
  let high = from;
  while (high < items.length && compare(items[high]!, item) < 0) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  high = Math.min(high, items.length);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(items[middle]!, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * All items of two sorted arrays, equal ones combined. Costs comparisons by the shorter array's length only, since a
 * micro-batch usually brings little to a state that has much.
 *
 * @param combine gives back its first argument, as it is, if nothing changes
 * @returns the longer array itself if the shorter one changes nothing in it
 */
export function unionSorted<T>(
  a: readonly T[],
  b: readonly T[],
  compare: (a: T, b: T) => number,
  combine: (a: T, b: T) => T,
): readonly T[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  let union: T[] | null = null;
  let taken = 0;
  let from = 0;
  for (const item of short) {
    const at = lowerBound(long, item, from, compare);
    const match = at < long.length && compare(long[at]!, item) === 0;
    const next = match ? combine(long[at]!, item) : item;
    if (!match || next !== long[at]) {
      union ??= [];
      for (; taken < at; taken++) union.push(long[taken]!);
      union.push(next);
      if (match) taken = at + 1;
    }
    from = match ? at + 1 : at;
  }
  if (union === null) return long;
  for (; taken < long.length; taken++) union.push(long[taken]!);
  return union;
}
