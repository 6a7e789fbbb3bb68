/**
 * In which orders the cells of a base line stand, which its pointer says. All that this release folds stands in them; a line that
 * a release before has begun is gone through once, while it is read in the order of keys.
 *
 * Instances of the release before may land meanwhile, and know of no order. They leave out what they do not know, from the
 * account of a range as from the pointer, so a line is said to stand in its orders only if nobody else has written it.
 */
import { STORE_KEYS, keyAfter, pointerDocument } from '@tenon/contracts';
import type { FoldTarget, Generation, Pointer } from '@tenon/domain';
import type { Clock, ProductStore, StoreText, TextRange } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { placesOf, readPointer, soundBase } from '@tenon/views';
import { pauseAfter } from '../pause';

/** Cells at a time; others land meanwhile. */
const CHUNK = 500;

/** While a line is gone through; since which generation, for whoever began before somebody else has moved the pointer. */
const makingMark = (mark: string, since?: Generation): string => `making ${mark} since ${since ?? ''}`;

/**
 * The pointer after a fold.
 *
 * @param isOrdered everything that was folded stands in the product's orders
 */
export function withOrders(
  { ordersMark }: Pick<ProductLayout, 'ordersMark'>,
  before: Pointer,
  target: Pick<FoldTarget, 'from'>,
  moved: Pointer,
  isOrdered: boolean,
): Pointer {
  if (!isOrdered || ordersMark === '') return moved;
  if (target.from === 0) return { ...moved, orders: ordersMark };
  const { orders } = before;
  const goesOn = orders === ordersMark || orders?.startsWith(makingMark(ordersMark)) === true;
  return goesOn && orders !== undefined ? { ...moved, orders } : moved;
}

/**
 * Puts all cells of the served line into the product's orders, if they are not there. A crash leaves places of cells, which do no
 * harm; the next call begins anew.
 *
 * @returns true if the line stands in its orders, false if it has to be tried again
 */
export async function orderLine(
  { store, clock }: { readonly store: ProductStore; readonly clock: Clock },
  layout: ProductLayout,
  signal: AbortSignal,
): Promise<boolean> {
  const { ordersMark, product } = layout;
  const pointerKey = STORE_KEYS.pointer(product);
  if (layout.orders.length === 0) return true;
  const begun = await store.transact(async (tx) => {
    const pointer = await readPointer(tx, layout);
    if (pointer.generation === 0 || pointer.orders === ordersMark) return null;
    const orders = makingMark(ordersMark, pointer.generation);
    tx.put('meta', pointerKey, pointerDocument({ ...pointer, orders }));
    return { line: pointer.line, making: orders };
  });
  if (begun === null) return true;
  const { line, making } = begun;
  const prefix = STORE_KEYS.base(product, line);
  for (let from: string | null = prefix; from !== null;) {
    if (signal.aborted) return false;
    const began = clock.monotonic();
    const range: TextRange = { table: 'base', gte: from, lt: `${prefix}~`, limit: CHUNK };
    const keys: readonly StoreText[] = await store.snapshot(
      async (snapshot) => (await snapshot.texts([range]))[0] ?? [],
    );
    await store.transact(async (tx) => {
      const all = keys.map(({ key }) => key);
      const documents = await tx.getMany<unknown>('base', all);
      documents.forEach((document, index) => {
        const key = all[index] as string;
        if (document === undefined) return;
        const { k } = soundBase(layout, key, document);
        const places = placesOf(layout, prefix, key.slice(prefix.length), JSON.stringify(k), false);
        tx.putJson('base', key, JSON.stringify(document), places);
      });
    });
    from = keys.length < CHUNK ? null : keyAfter(keys.at(-1)?.key as string);
    await pauseAfter(clock, began, signal);
  }
  return store.transact(async (tx) => {
    const pointer = await readPointer(tx, layout);
    // Somebody of the release before has moved it, or it is another line.
    if (pointer.orders !== making || pointer.line !== line) return false;
    tx.put('meta', pointerKey, pointerDocument({ ...pointer, orders: ordersMark }));
    return true;
  });
}
