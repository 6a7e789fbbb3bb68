/**
 * The orders in which a product's cells stand, beside that of their keys (window first), so that a question about dimensions
 * reads what it returns. An order is a set of parts of the key: all cells with the same values there stand together.
 */
import type { Plan, Value } from '@tenon/domain';
import { partKey, partsKey, splitCellKey } from '@tenon/domain';
import type { DocumentPlaces } from '@tenon/ports';
import type { ProductLayout } from './layout';

/** Parts of the key that are fixed together, ascending. */
export type Order = readonly number[];

const MAX_ORDERS = 4;

/**
 * The orders that a product's keys call for. With a window: the series of one group, for which all dimensions are given, and
 * where there are several dimensions each of them alone. Without: each dimension but the first, with which keys begin.
 */
export function ordersOf({ key, window }: Pick<Plan, 'key' | 'window'>): readonly Order[] {
  const parts = key.map((_, part) => part).slice(1);
  if (window !== null && parts.length > 1)
    return [parts, ...parts.map((part) => [part])].slice(0, MAX_ORDERS);
  return parts.map((part) => [part]).slice(0, MAX_ORDERS);
}

/** Names a set of orders, as documents do that say which ones their cells stand in. */
export const ordersMark = (orders: readonly Order[]): string => orders.map((one) => one.join('.')).join(' ');

/** The head of the cells with these parts; `;` ends the order's name, so that no head begins another's. */
export const headOf = (order: Order, parts: readonly string[]): string =>
  `${order.join('.')};${partsKey(parts)}`;

/** The heads of a cell, by its `cellKey`. @param key read where the id does not tell */
export function headsOf(
  { orders, types }: Pick<ProductLayout, 'orders' | 'types'>,
  id: string,
  key: () => readonly Value[],
): string[] {
  if (orders.length === 0) return [];
  const parts = splitCellKey(types, id) ?? types.map((type, part) => partKey(type, key()[part] ?? null));
  return orders.map((order) =>
    headOf(
      order,
      order.map((part) => parts[part] as string),
    ),
  );
}

/**
 * Where a cell's document stands in the product's orders; undefined if it has none.
 *
 * @param prefix of the document's key, before the `cellKey`
 * @param key the cell's, as JSON
 */
export function placesOf(
  layout: Pick<ProductLayout, 'orders' | 'types'>,
  prefix: string,
  id: string,
  key: string,
  stands?: boolean,
): DocumentPlaces | undefined {
  if (layout.orders.length === 0) return undefined;
  const heads = headsOf(layout, id, () => JSON.parse(key) as Value[]);
  return { at: prefix.length, heads, ...(stands !== undefined && { stands }) };
}
