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
 * All items of two sorted arrays, equal ones combined. Compares by the shorter array's length only, since a micro-batch
 * usually brings little to a state that has much.
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
  let union: readonly T[] = long;
  const added: T[] = [];
  /** Where in `long` each of them belongs. */
  const places: number[] = [];
  let from = 0;
  for (const item of short) {
    from = lowerBound(long, item, from, compare);
    if (from === long.length || compare(long[from]!, item) !== 0) {
      added.push(item);
      places.push(from);
      continue;
    }
    const combined = combine(long[from]!, item);
    if (combined !== long[from]) {
      if (union === long) union = long.slice();
      (union as T[])[from] = combined;
    }
    from += 1;
  }
  return added.length === 0 ? union : insertAll(union, added, places);
}

/** Few insertions are copied in stretches, many one by one. */
function insertAll<T>(items: readonly T[], added: readonly T[], places: readonly number[]): readonly T[] {
  if (added.length * 16 < items.length) {
    const stretches: (readonly T[])[] = [];
    places.forEach((place, index) =>
      stretches.push(items.slice(places[index - 1] ?? 0, place), [added[index]!]),
    );
    return ([] as T[]).concat(...stretches, items.slice(places.at(-1)));
  }
  const all: T[] = [];
  let taken = 0;
  for (let i = 0; i < added.length; i++) {
    for (; taken < places[i]!; taken++) all.push(items[taken]!);
    all.push(added[i]!);
  }
  for (; taken < items.length; taken++) all.push(items[taken]!);
  return all;
}
