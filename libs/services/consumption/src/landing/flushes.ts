/**
 * Landing flushes: one transaction holds the cells and the offsets that they absorb, so that a replay, a zombie or a crash in
 * between changes nothing. Cells go into the store as the texts that came.
 */
import type { FlushFrame, ProgressDocument, WireCell } from '@tenon/contracts';
import { STORE_KEYS, VERSIONS, supported } from '@tenon/contracts';
import type { FlushVerdict, LaneKey, Offset } from '@tenon/domain';
import { judgeFlush, laneKey, laneNumber } from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { placesOf, readPointer } from '@tenon/views';

/** A flush of which every frame has come. */
export interface WholeFlush {
  readonly message: FlushFrame;
  readonly cells: readonly WireCell[];
}

/** What a transaction did, to be told once it has committed. */
export interface LandedFlushes {
  /** `cellKey`s that changed, up to a little more than `HINT_CELLS`. */
  readonly cells: string[];
  /** Lane → the offsets whose events changed them. */
  readonly covers: Record<LaneKey, [from: Offset, to: Offset]>;
  readonly gaps: Set<LaneKey>;
  /** Lanes of which something came that has landed before: speed reads them again. */
  readonly replayed: Set<LaneKey>;
  /** An epoch of a lane has ended. */
  closed: boolean;
  readonly counts: { applied: number; stale: number; gap: number };
}

/** Cells named in a live hint; above it the hint only says that something changed. */
export const HINT_CELLS = 2000;

/** Lands flushes in order. @throws UnsupportedVersion */
export async function landFlushes(
  tx: StoreTransaction,
  layout: ProductLayout,
  flushes: readonly WholeFlush[],
): Promise<LandedFlushes> {
  const counts = { applied: 0, stale: 0, gap: 0 };
  const [gaps, replayed] = [new Set<LaneKey>(), new Set<LaneKey>()];
  const landed: LandedFlushes = { cells: [], covers: {}, gaps, replayed, closed: false, counts };
  await readAhead(tx, layout, flushes);
  for (const { message, cells } of flushes) {
    const verdict = await landFlush(tx, layout, message, cells);
    const lane = laneKey(message.source, message.partition);
    if (verdict === 'apply') {
      counts.applied += 1;
      landed.covers[lane] = [landed.covers[lane]?.[0] ?? message.from, message.to];
      for (const { id } of cells) if (landed.cells.length <= HINT_CELLS) landed.cells.push(id);
      if (message.end?.closed === true) landed.closed = true;
    } else {
      counts[verdict] += 1;
      (verdict === 'gap' ? gaps : replayed).add(lane);
    }
  }
  return landed;
}

/** Asks once for what the flushes are judged by; a store that is far away would be asked for each in turn. */
async function readAhead(
  tx: StoreTransaction,
  layout: ProductLayout,
  flushes: readonly WholeFlush[],
): Promise<void> {
  const keys = new Set([STORE_KEYS.pointer(layout.product)]);
  for (const { message } of flushes) keys.add(progressKey(layout, message));
  if (keys.size > 1) await tx.getMany('meta', [...keys]);
}

const progressKey = ({ product, sources }: ProductLayout, { epoch, source, partition }: FlushFrame) =>
  STORE_KEYS.progress(product, epoch, laneNumber(sources, { source, partition }));

/** Lands a whole flush if it joins on to what has landed (see `judgeFlush`). @throws UnsupportedVersion */
export async function landFlush(
  tx: StoreTransaction,
  layout: ProductLayout,
  flush: FlushFrame,
  cells: readonly WireCell[],
): Promise<FlushVerdict> {
  const { end, epoch, source, partition } = flush;
  if (end === undefined) return 'stale';
  const pointer = await readPointer(tx, layout);
  const key = progressKey(layout, flush);
  const progress = supported('progress', await tx.get<ProgressDocument>('meta', key));
  const lane = laneKey(source, partition);
  const verdict = judgeFlush(flush, progress?.next ?? flush.start, pointer.epochs[lane] ?? 0);
  if (verdict !== 'apply') return verdict;
  const prefix = STORE_KEYS.speed(layout.product, epoch, laneNumber(layout.sources, { source, partition }));
  for (const { id, key: k, states } of cells)
    tx.putJson('speed', prefix + id, `{"k":${k},"s":${states}}`, placesOf(layout, prefix, id, k));
  const document: ProgressDocument = {
    v: VERSIONS.progress.writes,
    start: flush.start,
    next: flush.to,
    closed: end.closed,
    nextEpoch: end.next,
    ledger: end.ledger,
    watermark: end.watermark,
    closedAt: end.closedAt,
    ...(end.horizon !== undefined && { horizon: end.horizon }),
    // Flush by flush: cells of one that a release before landed stand in no order.
    ...(layout.orders.length > 0 &&
      (progress === undefined || progress.orders === layout.ordersMark) && { orders: layout.ordersMark }),
  };
  tx.put('meta', key, document);
  return 'apply';
}
