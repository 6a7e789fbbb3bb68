/** Deletes base rows that are past the product's retention for every generation that can still be read. */
import type { BaseDocument } from '@tenon/contracts';
import { STORE_KEYS, keyAfter } from '@tenon/contracts';
import type { Line, Pointer } from '@tenon/domain';
import { isPastRetention } from '@tenon/domain';
import type { ProductLayout } from '@tenon/views';
import { placesOf } from '@tenon/views';
import type { PruneDeps } from './prune';
import { pauseAfter } from './pause';

/** Rows looked at, and deleted, at a time. */
const CHUNK = 250;

/**
 * Windows stand in the order of their starts, so a look that finds nothing reads one row; rows without a window's start stay.
 *
 * @param oldest the oldest generation that can be read, which shows the most
 * @param last the line that is served
 * @returns how many documents were deleted
 */
export async function pruneRows(
  deps: PruneDeps,
  layout: ProductLayout,
  oldest: Pointer,
  last: Line,
  signal: AbortSignal,
): Promise<number> {
  if (oldest.horizon === undefined) return 0;
  let deleted = 0;
  for (let line = oldest.line; line <= last; line++)
    deleted += await pruneLine(deps, layout, line, oldest.horizon, signal);
  return deleted;
}

async function pruneLine(
  { store, clock }: PruneDeps,
  layout: ProductLayout,
  line: Line,
  horizon: number,
  signal: AbortSignal,
): Promise<number> {
  const prefix = STORE_KEYS.base(layout.product, line);
  let deleted = 0;
  for (let from: string | null = prefix; from !== null && !signal.aborted;) {
    const began = clock.monotonic();
    const gte: string = from;
    const { over, next } = await store.snapshot(async (snapshot) => {
      const found: { key: string; k: BaseDocument['k'] }[] = [];
      let seen = 0;
      for await (const chunk of snapshot.scan<BaseDocument>('base', { gte, lt: `${prefix}~`, limit: CHUNK }))
        for (const { key, value } of chunk) {
          seen += 1;
          if (isPastRetention(layout.plan, value.k[0], horizon)) found.push({ key, k: value.k });
          else if (typeof value.k[0] === 'string') return { over: found, next: null };
          if (seen === CHUNK) return { over: found, next: keyAfter(key) };
        }
      return { over: found, next: null };
    });
    if (over.length > 0)
      await store.transact(async (tx) => {
        for (const { key, k } of over)
          tx.delete('base', key, placesOf(layout, prefix, key.slice(prefix.length), JSON.stringify(k)));
      });
    deleted += over.length;
    from = next;
    if (from !== null) await pauseAfter(clock, began, signal);
  }
  return deleted;
}
