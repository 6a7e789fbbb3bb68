/** Which cells a question is about, and the shortest way to them. */
import type { Value } from '@tenon/domain';
import { cellKey, keyPrefix, partKey } from '@tenon/domain';
import type { ProductLayout } from './layout';
import { headOf } from './orders';

/** Which cells, by their `cellKey`: `gte` <= key < `lt`. */
export interface CellRange {
  readonly gte: string;
  readonly lt: string;
  readonly reverse?: boolean;
  /** Of a part of the key the values that it may have; undefined: any. Others than the wanted cells may come all the same. */
  readonly fixed?: readonly (readonly Value[] | undefined)[];
  /** A `keyPattern` that the keys must match; others than the wanted ones may come all the same. */
  readonly pattern?: string | null;
  /** About so many cells will be asked for, where that is known. */
  readonly expected?: number;
}

export const ALL_CELLS: CellRange = { gte: '', lt: '~' };

/** How the cells of a question are found. */
export interface CellPath {
  readonly gte: string;
  readonly lt: string;
  /** All that it can be about, in order; null: a range. */
  readonly ids: readonly string[] | null;
  /** Under which heads of which order they stand; null: in the order of keys alone. */
  readonly under: { readonly order: number; readonly heads: readonly string[] } | null;
  /** What is left to be told by the keys themselves. */
  readonly pattern: string | null;
}

/** A question with more ways to be meant is not taken apart. */
const MAX_MEANINGS = 16;

const NOTHING: CellPath = { gte: '', lt: '', ids: [], under: null, pattern: null };

export function pathOf(layout: ProductLayout, range: CellRange): CellPath {
  const { fixed = [], pattern = null } = range;
  const { types, orders } = layout;
  if (fixed.some((values) => values?.length === 0)) return NOTHING;
  const isFixed = (part: number) => fixed[part] !== undefined;
  const leading = leadingValues(fixed);
  const prefix = keyPrefix(types, leading);
  const gte = prefix > range.gte ? prefix : range.gte;
  const lt = `${prefix}~` < range.lt ? `${prefix}~` : range.lt;
  if (types.length > 0 && types.every((_, part) => isFixed(part))) {
    const keys = meanings(fixed as readonly (readonly Value[])[]);
    if (keys !== null) {
      const ids = keys.map((key) => cellKey(types, key)).filter((id) => id >= range.gte && id < range.lt);
      ids.sort((a, b) => (a < b ? -1 : 1));
      return { gte, lt, ids: range.reverse === true ? ids.reverse() : ids, under: null, pattern: null };
    }
  }
  const given = types.flatMap((_, part) => (isFixed(part) ? [part] : []));
  const beyond = given.filter((part) => part >= leading.length);
  if (beyond.length === 0)
    return { gte, lt, ids: null, under: null, pattern: given.length === 0 ? pattern : null };
  // The one that tells most; of several that tell as much the last, as keys go from coarse to fine.
  let best: { readonly order: number; readonly heads: readonly string[] } | null = null;
  let most = 0;
  orders.forEach((order, number) => {
    if (!order.every(isFixed) || order.length < most) return;
    const values = meanings(order.map((part) => fixed[part] as readonly Value[]));
    if (values === null) return;
    most = order.length;
    const heads = values.map((value) =>
      headOf(
        order,
        order.map((part, index) => partKey(types[part] as string, value[index] ?? null)),
      ),
    );
    best = { order: number, heads: [...new Set(heads)] };
  });
  const isTold = beyond.length === most;
  return { gte, lt, ids: null, under: best, pattern: best !== null && isTold ? null : pattern };
}

function leadingValues(fixed: readonly (readonly Value[] | undefined)[]): Value[] {
  const leading: Value[] = [];
  for (const values of fixed) {
    if (values?.length !== 1) break;
    leading.push(values[0] as Value);
  }
  return leading;
}

/** Every way to take one of each; null if there are too many. */
function meanings(choices: readonly (readonly Value[])[]): Value[][] | null {
  let found: Value[][] = [[]];
  for (const values of choices) {
    found = found.flatMap((before) => values.map((value) => [...before, value]));
    if (found.length > MAX_MEANINGS) return null;
  }
  return found;
}
