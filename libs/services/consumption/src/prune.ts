/** Deletes what no reader can need any more: speed epochs and base lines behind the pointer, after a grace time. */
import type { PointerDocument } from '@tenon/contracts';
import { STORE_KEYS, parseProgressKey } from '@tenon/contracts';
import type { ProductStore, StoreTable } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';

const CHUNK = 2000;

/** @param served a pointer that was served at least a grace time ago @returns how many documents were deleted */
export async function prune(
  store: ProductStore,
  layout: ProductLayout,
  served: PointerDocument,
): Promise<number> {
  const isBehind = (epoch: number, partition: number) => epoch < (served.epochs[partition] ?? 0);
  let deleted = 0;
  deleted += await deleteWhere(store, 'meta', STORE_KEYS.progressOf(layout.product), (key) => {
    const { epoch, partition } = parseProgressKey(key);
    return isBehind(epoch, partition);
  });
  // The epoch comes first in a key, so one pass up to the newest epoch covers all partitions.
  const newest = Math.max(0, ...Object.values(served.epochs));
  const speed = {
    gte: STORE_KEYS.speed(layout.product, 0, 0),
    lt: STORE_KEYS.speed(layout.product, newest, 0),
  };
  deleted += await deleteWhere(store, 'speed', speed, (key) => {
    const [epoch, partition] = key.slice(layout.product.length + 1).split('/', 2);
    return isBehind(Number(epoch), Number(partition));
  });
  if (served.line > 0) {
    const range = {
      gte: STORE_KEYS.base(layout.product, 0),
      lt: STORE_KEYS.base(layout.product, served.line),
    };
    deleted += await deleteWhere(store, 'base', range, () => true);
  }
  return deleted;
}

async function deleteWhere(
  store: ProductStore,
  table: StoreTable,
  range: { readonly gte: string; readonly lt: string },
  isBehind: (key: string) => boolean,
): Promise<number> {
  const keys = await store.snapshot(async (snapshot) => {
    const found: string[] = [];
    for await (const chunk of snapshot.scan(table, range))
      for (const { key } of chunk) if (isBehind(key)) found.push(key);
    return found;
  });
  for (let at = 0; at < keys.length; at += CHUNK)
    await store.transact(async (tx) => {
      for (const key of keys.slice(at, at + CHUNK)) tx.delete(table, key);
    });
  return keys.length;
}
