/** Deletes what no reader can need any more: speed epochs and base lines behind the pointer, after a grace time. */
import type { PointerDocument } from '@tenon/contracts';
import { STORE_KEYS, parseProgressKey } from '@tenon/contracts';
import type { Clock, ProductStore, StoreTable } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';

/** Keys looked at, and deleted, at a time. */
const CHUNK = 250;

/** Between two times, milliseconds at most. */
const LONGEST_BREAK = 100;

export interface PruneDeps {
  readonly store: ProductStore;
  readonly clock: Clock;
}

/**
 * Deletes a little at a time, and leaves half of the time to others: nobody waits for it, and flushes land meanwhile.
 *
 * @param served a pointer that was served at least a grace time ago
 * @param signal stops early; what is left goes with the next pointer
 * @returns how many documents were deleted
 */
export async function prune(
  deps: PruneDeps,
  layout: ProductLayout,
  served: PointerDocument,
  signal: AbortSignal,
): Promise<number> {
  const isBehind = (epoch: number, partition: number) => epoch < (served.epochs[partition] ?? 0);
  const deleteWhere = deleter(deps, signal);
  let deleted = 0;
  deleted += await deleteWhere('meta', STORE_KEYS.progressOf(layout.product), (key) => {
    const { epoch, partition } = parseProgressKey(key);
    return isBehind(epoch, partition);
  });
  // The epoch comes first in a key, so one pass up to the newest epoch covers all partitions.
  const newest = Math.max(0, ...Object.values(served.epochs));
  const speed = {
    gte: STORE_KEYS.speed(layout.product, 0, 0),
    lt: STORE_KEYS.speed(layout.product, newest, 0),
  };
  deleted += await deleteWhere('speed', speed, (key) => {
    const [epoch, partition] = key.slice(layout.product.length + 1).split('/', 2);
    return isBehind(Number(epoch), Number(partition));
  });
  if (served.line > 0) {
    const range = {
      gte: STORE_KEYS.base(layout.product, 0),
      lt: STORE_KEYS.base(layout.product, served.line),
    };
    deleted += await deleteWhere('base', range, () => true);
  }
  return deleted;
}

/** Space is the least character that a key has. */
const after = (key: string) => `${key} `;

const deleter =
  ({ store, clock }: PruneDeps, signal: AbortSignal) =>
  async (
    table: StoreTable,
    range: { readonly gte: string; readonly lt: string },
    isBehind: (key: string) => boolean,
  ): Promise<number> => {
    let deleted = 0;
    let from: string | null = range.gte;
    while (from !== null && !signal.aborted) {
      const began = clock.monotonic();
      const bounds = { gte: from, lt: range.lt, limit: CHUNK };
      const keys = await store.snapshot(async (snapshot) => {
        const found: string[] = [];
        for await (const chunk of snapshot.scan(table, bounds)) for (const { key } of chunk) found.push(key);
        return found;
      });
      const behind = keys.filter(isBehind);
      if (behind.length > 0)
        await store.transact(async (tx) => {
          for (const key of behind) tx.delete(table, key);
        });
      deleted += behind.length;
      from = keys.length < CHUNK ? null : after(keys.at(-1) as string);
      if (from !== null) await clock.sleep(Math.min(clock.monotonic() - began, LONGEST_BREAK), signal);
    }
    return deleted;
  };
