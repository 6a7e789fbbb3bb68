/** Removes what a store has of a product, a little at a time: what is killed in between goes on from what is left. */
import type { SpeedDocument } from '@tenon/contracts';
import { STORE_KEYS, keyAfter } from '@tenon/contracts';
import type { Plan } from '@tenon/domain';
import type { DocumentPlaces, ProductStore, StoreTable } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { layoutOf, placesOf } from '@tenon/views';
import type { Gone } from './gone';
import type { ProductLayers } from './product-layers';

/** Documents that are removed in one transaction. */
const CHUNK = 500;

export interface RemoveOptions {
  /** Count them only. */
  readonly dryRun?: boolean;
  /** Of the product, where it is known: so that its cells go from their orders too. */
  readonly layout?: ProductLayout;
  /** Between two transactions: others want the store too. */
  readonly pause?: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/** @returns how many documents there are, or were */
export async function removeAll(
  store: ProductStore,
  ranges: readonly Gone[],
  { dryRun = false, layout, pause, signal }: RemoveOptions = {},
): Promise<number> {
  let documents = 0;
  for (const { table, range } of ranges) {
    let gte: string | null = range.gte;
    while (gte !== null && signal?.aborted !== true) {
      const from: string = gte;
      const found = await store.snapshot(async (snapshot) => {
        const entries: { readonly key: string; readonly places: DocumentPlaces | undefined }[] = [];
        const bounds = { gte: from, lt: range.lt, limit: CHUNK };
        for await (const chunk of snapshot.scan<SpeedDocument>(table, bounds))
          for (const { key, value } of chunk)
            entries.push({ key, places: layout && placesIn(layout, table, key, value) });
        return entries;
      });
      if (!dryRun && found.length > 0)
        await store.transact(async (tx) => {
          for (const { key, places } of found) tx.delete(table, key, places);
        });
      documents += found.length;
      gte = found.length < CHUNK ? null : keyAfter(found.at(-1)?.key as string);
      if (gte !== null) await pause?.();
    }
  }
  return documents;
}

/**
 * The same in every store that may hold something of a product, the one that has the plan last: by it what is left is found.
 *
 * @param plan of the product, as far as it is known
 */
export async function removeFrom(
  { all }: Pick<ProductLayers, 'all'>,
  plan: Plan | undefined,
  ranges: readonly Gone[],
  options: Omit<RemoveOptions, 'layout'> = {},
): Promise<number> {
  const layout = plan && layoutOf(plan, []);
  let documents = 0;
  for (const store of [...all].reverse())
    documents += await removeAll(store, ranges, { ...options, ...(layout && { layout }) });
  return documents;
}

/** Where a cell stands beside its key; documents that are no cells stand nowhere else. */
function placesIn(
  layout: ProductLayout,
  table: StoreTable,
  key: string,
  { k }: Partial<SpeedDocument>,
): DocumentPlaces | undefined {
  if (table === 'meta' || k === undefined) return undefined;
  const prefix =
    table === 'speed' ? STORE_KEYS.speed(layout.product, 0, 0) : STORE_KEYS.base(layout.product, 0);
  return placesOf(layout, key.slice(0, prefix.length), key.slice(prefix.length), JSON.stringify(k));
}
