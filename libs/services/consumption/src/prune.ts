/** Deletes what no reader can need any more, after a grace time: what lies behind a pointer that was served. */
import type { RangeAccountDocument, SpeedDocument } from '@tenon/contracts';
import {
  STORE_KEYS,
  isStretchesKey,
  isTroublesKey,
  keyAfter,
  parseProgressKey,
  parseSpeedKey,
} from '@tenon/contracts';
import type { Epoch, Pointer } from '@tenon/domain';
import { isBehind, isServedBefore, keptBy, keptGenerations, laneKey, laneOfNumber } from '@tenon/domain';
import type { Clock, DocumentPlaces, ProductStore, StoreTable } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { placesOf, readKept, readPointer } from '@tenon/views';
import { pauseAfter } from './pause';
import { pruneRows } from './prune-rows';

/** Keys looked at, and deleted, at a time. */
const CHUNK = 250;

export interface PruneDeps {
  readonly store: ProductStore;
  readonly clock: Clock;
}

/**
 * Deletes a little at a time, and leaves half of the time to others: nobody waits for it, and flushes land meanwhile.
 *
 * @param served a pointer that was served at least a grace time ago
 * @param signal stops early; what is left goes with the next pointer
 * @param layer which the store holds alone; absent: both
 * @returns how many documents were deleted
 */
export async function prune(
  deps: PruneDeps,
  layout: ProductLayout,
  served: Pointer,
  signal: AbortSignal,
  layer?: 'batch' | 'speed',
): Promise<number> {
  const speed = layer === 'batch' ? 0 : await pruneSpeed(deps, layout, served, signal);
  return speed + (layer === 'speed' ? 0 : await pruneBase(deps, layout, served, signal));
}

async function pruneSpeed(
  deps: PruneDeps,
  layout: ProductLayout,
  served: Pointer,
  signal: AbortSignal,
): Promise<number> {
  const { product, sources } = layout;
  const isLeft = ({ epoch, lane: number }: { epoch: Epoch; lane: number }) => {
    const lane = laneOfNumber(sources, number);
    return lane !== undefined && isBehind(served, laneKey(lane.source, lane.partition), epoch);
  };
  const deleteWhere = deleter(deps, layout, signal);
  let deleted = 0;
  const progress = STORE_KEYS.progressOf(product);
  deleted += await deleteWhere(
    'meta',
    progress,
    (key) => !isTroublesKey(key) && !isStretchesKey(key) && isLeft(parseProgressKey(key)),
  );
  // The epoch comes first in a key, so one pass up to the newest epoch covers all lanes.
  const newest = Math.max(0, ...Object.values(served.epochs));
  const speed = { gte: STORE_KEYS.speed(product, 0, 0), lt: STORE_KEYS.speed(product, newest, 0) };
  return deleted + (await deleteWhere('speed', speed, (key) => isLeft(parseSpeedKey(product, key))));
}

async function pruneBase(
  deps: PruneDeps,
  layout: ProductLayout,
  served: Pointer,
  signal: AbortSignal,
): Promise<number> {
  const { product } = layout;
  const deleteWhere = deleter(deps, layout, signal);
  let deleted = 0;
  const oldest = await leaveGenerations(deps, layout, served);
  if (oldest.line > 0) {
    const range = { gte: STORE_KEYS.base(product, 0), lt: STORE_KEYS.base(product, oldest.line) };
    deleted += await deleteWhere('base', range, () => true);
  }
  // What the fold beyond a generation took out is of those before it.
  const past = {
    gte: STORE_KEYS.past(product, 0, 0),
    lt: STORE_KEYS.past(product, oldest.line, oldest.generation + 1),
  };
  deleted += await deleteWhere('base', past, () => true, false);
  deleted += await pruneRows(deps, layout, oldest, served.line, signal);
  // Ranges that were given up. One of the served generation may still be the one of a new line.
  const isOver = (account: RangeAccountDocument) => account.to < served.generation;
  return deleted + (await deleteWhere('meta', STORE_KEYS.rangesOf(product), (_, account) => isOver(account)));
}

/**
 * Forgets generations that are kept no longer, before anything of them goes.
 *
 * @returns the oldest one that can still be read; the served one where none before it is
 */
async function leaveGenerations(
  { store }: PruneDeps,
  layout: ProductLayout,
  served: Pointer,
): Promise<Pointer> {
  const { product, plan } = layout;
  const { kept, all } = await store.snapshot(async (snapshot) => {
    const documents = await readKept(snapshot, layout);
    const pointer = await readPointer(snapshot, layout);
    return { all: documents, kept: keptBy(pointer, documents, keptGenerations(plan)) };
  });
  const oldest = kept.at(-1) ?? served;
  const over = all.filter(({ pointer }) => isServedBefore(pointer, oldest));
  if (over.length > 0)
    await store.transact(async (tx) => {
      for (const { pointer } of over)
        tx.delete('meta', STORE_KEYS.kept(product, pointer.line, pointer.generation));
    });
  return isServedBefore(served, oldest) ? served : oldest;
}

const deleter =
  ({ store, clock }: PruneDeps, layout: ProductLayout, signal: AbortSignal) =>
  async (
    table: StoreTable,
    range: { readonly gte: string; readonly lt: string },
    isOver: (key: string, value: RangeAccountDocument) => boolean,
    isPlaced = table !== 'meta',
  ): Promise<number> => {
    // Keys of one table have prefixes of one length.
    const at = range.gte.length;
    let deleted = 0;
    let from: string | null = range.gte;
    while (from !== null && !signal.aborted) {
      const began = clock.monotonic();
      const bounds = { gte: from, lt: range.lt, limit: CHUNK };
      const found = await store.snapshot(async (snapshot) => {
        const entries: { key: string; over: boolean; places?: DocumentPlaces | undefined }[] = [];
        for await (const chunk of snapshot.scan<RangeAccountDocument & SpeedDocument>(table, bounds))
          for (const { key, value } of chunk) {
            const k = isPlaced ? JSON.stringify(value.k) : undefined;
            const places = k && placesOf(layout, key.slice(0, at), key.slice(at), k);
            entries.push({ key, over: isOver(key, value), ...(places && { places }) });
          }
        return entries;
      });
      const over = found.filter((one) => one.over);
      if (over.length > 0)
        await store.transact(async (tx) => {
          for (const { key, places } of over) tx.delete(table, key, places);
        });
      deleted += over.length;
      from = found.length < CHUNK ? null : keyAfter(found.at(-1)?.key as string);
      if (from !== null) await pauseAfter(clock, began, signal);
    }
    return deleted;
  };
