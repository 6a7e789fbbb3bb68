/**
 * What lands, and how: each change of the store is one transaction that holds the cells and the offsets that they
 * absorb, so that a replay, a zombie or a crash in between changes nothing.
 */
import type {
  BaseDocument,
  FlushFrame,
  PointerDocument,
  ProgressDocument,
  RangeFrame,
  WireCell,
} from '@tenon/contracts';
import { STORE_KEYS, VERSIONS, supported } from '@tenon/contracts';
import type { FlushVerdict, LedgerCounts, State, Value } from '@tenon/domain';
import { addLedgers, cellKey, foldCell, isOver, judgeFlush } from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { readPointer } from '@tenon/views';

/** Lands a whole flush if it joins on to what has landed (see `judgeFlush`). @throws UnsupportedVersion */
export async function landFlush(
  tx: StoreTransaction,
  layout: ProductLayout,
  flush: FlushFrame,
  cells: readonly WireCell[],
): Promise<FlushVerdict> {
  const { end, epoch, partition } = flush;
  if (end === undefined) return 'stale';
  const pointer = await readPointer(tx, layout);
  const key = STORE_KEYS.progress(layout.product, epoch, partition);
  const progress = supported('progress', await tx.get<ProgressDocument>('meta', key));
  const verdict = judgeFlush(flush, progress?.next ?? flush.start, pointer.epochs[partition] ?? 0);
  if (verdict !== 'apply') return verdict;
  const prefix = STORE_KEYS.speed(layout.product, epoch, partition);
  for (const [k, s] of cells) tx.put('speed', prefix + cellKey(layout.types, k), { k, s });
  const document: ProgressDocument = {
    v: VERSIONS.progress.writes,
    start: flush.start,
    next: flush.to,
    closed: end.closed,
    nextEpoch: end.next,
    ledger: end.ledger,
    watermark: end.watermark,
  };
  tx.put('meta', key, document);
  return 'apply';
}

/** Which base view a fold reads and writes. */
export interface FoldTarget {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  /** The watermark at `from`: rows of windows that were over by then are amended. */
  readonly watermark: number | null;
}

export interface FoldedCell {
  readonly key: readonly Value[];
  readonly states: readonly State[];
}

/** Folds cells into base(to); nobody sees them until the pointer moves. May be repeated: it writes the same again. */
export async function foldInto(
  tx: StoreTransaction,
  layout: ProductLayout,
  target: FoldTarget,
  cells: readonly FoldedCell[],
): Promise<void> {
  const prefix = STORE_KEYS.base(layout.product, target.line);
  const keys = cells.map((cell) => prefix + cellKey(layout.types, cell.key));
  const documents = await tx.getMany<BaseDocument>('base', keys);
  cells.forEach((cell, index) => {
    const versions = foldCell(layout.plan.states, documents[index]?.v ?? [], {
      from: target.from,
      to: target.to,
      states: cell.states,
      amended: isOver(layout.plan.window, cell.key[0], target.watermark),
    });
    const document: BaseDocument = { k: cell.key, v: versions };
    tx.put('base', keys[index] as string, document);
  });
}

/**
 * The base view that a range of batch builds on, or null if the range is of the past (or of another base). Each frame is
 * judged by itself, so the range names its line: if the pointer moves between two frames, the rest must not land on
 * the line after that, as a view of which the first part lacks.
 */
export function targetOf(pointer: PointerDocument, range: RangeFrame): FoldTarget | null {
  if (range.full) {
    if (range.line !== pointer.line + 1 || range.to < pointer.generation) return null;
    return { line: range.line, from: 0, to: range.to, watermark: null };
  }
  if (range.line !== pointer.line) return null;
  if (range.from !== pointer.generation || range.to <= range.from || range.hash !== pointer.hash) return null;
  return { line: pointer.line, from: range.from, to: range.to, watermark: pointer.watermark };
}

/** What a pointer moves to. */
export interface Move {
  readonly cut: PointerDocument['cut'];
  readonly epochs: PointerDocument['epochs'];
  /** Of the range that was folded. */
  readonly ledger: LedgerCounts;
  readonly watermark: number | null;
  readonly at: number;
}

/** Moves the pointer: from here on base(to) is what is served. */
export function movePointer(
  tx: StoreTransaction,
  layout: ProductLayout,
  pointer: PointerDocument,
  target: FoldTarget,
  move: Move,
): PointerDocument {
  const anew = target.from === 0;
  const next: PointerDocument = {
    v: VERSIONS.pointer.writes,
    line: target.line,
    generation: target.to,
    cut: move.cut,
    epochs: move.epochs,
    at: move.at,
    hash: layout.plan.hash,
    ledger: anew ? move.ledger : addLedgers(pointer.ledger, move.ledger),
    watermark: anew ? move.watermark : laterOf(pointer.watermark, move.watermark),
  };
  tx.put('meta', STORE_KEYS.pointer(layout.product), next);
  return next;
}

/** The later of two watermarks, where either may be unknown. */
export function laterOf(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
