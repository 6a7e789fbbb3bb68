/** What was read of a states topic, landed in one transaction. */
import type { FlushFrame, PointerDocument, RangeFrame, WireCell } from '@tenon/contracts';
import { STORE_KEYS } from '@tenon/contracts';
import { cellKey } from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { readPointer } from '@tenon/views';
import { foldInto, landFlush, movePointer, targetOf } from './landing';

/** One thing to land; `cells` are those of the frame (range), or a part of them, or those of the whole flush. */
export type Step = FlushStep | RangeStep;

export interface FlushStep {
  readonly type: 'flush';
  readonly message: FlushFrame;
  readonly cells: readonly WireCell[];
}

export interface RangeStep {
  readonly type: 'range';
  readonly message: RangeFrame;
  readonly cells: readonly WireCell[];
  /** With it, all of the range has come. */
  readonly whole: boolean;
}

/** How far a partition of the states topic was read: the offset to resume at, and the next one. */
export interface Mark {
  readonly resume: number;
  readonly next: number;
}

/** What a transaction did, to be told once it has committed. */
export interface Landed {
  /** Cells that changed, up to a little more than `HINT_CELLS`. */
  readonly cells: string[];
  /** Partition → the offsets whose events changed them. */
  readonly covers: Record<string, [from: number, to: number]>;
  readonly gaps: Set<number>;
  closed: boolean;
  moved: PointerDocument | null;
  readonly counts: { applied: number; stale: number; gap: number };
}

/** Cells named in a live hint; above it the hint only says that something changed. */
export const HINT_CELLS = 2000;

/**
 * Lands the steps in order, and the offsets to resume at.
 *
 * @param topic the states topic that the marks are of
 * @param at when a pointer moves, milliseconds since the epoch
 */
export async function landSteps(
  tx: StoreTransaction,
  layout: ProductLayout,
  topic: string,
  steps: readonly Step[],
  marks: ReadonlyMap<number, Mark>,
  at: number,
): Promise<Landed> {
  const landed: Landed = {
    cells: [],
    covers: {},
    gaps: new Set(),
    closed: false,
    moved: null,
    counts: { applied: 0, stale: 0, gap: 0 },
  };
  await readAhead(tx, layout, steps);
  for (const step of steps) {
    if (step.type === 'flush') await takeFlush(tx, layout, step, landed);
    else await takeRange(tx, layout, step, landed, at);
  }
  for (const [partition, { resume }] of marks) tx.put('meta', STORE_KEYS.consumed(topic, partition), resume);
  return landed;
}

/** Asks once for what the flushes are judged by; a store that is far away would be asked for each in turn. */
async function readAhead(tx: StoreTransaction, layout: ProductLayout, steps: readonly Step[]): Promise<void> {
  const keys = new Set([STORE_KEYS.pointer(layout.product)]);
  for (const step of steps)
    if (step.type === 'flush')
      keys.add(STORE_KEYS.progress(layout.product, step.message.epoch, step.message.partition));
  if (keys.size > 1) await tx.getMany('meta', [...keys]);
}

async function takeFlush(
  tx: StoreTransaction,
  layout: ProductLayout,
  { message, cells }: FlushStep,
  landed: Landed,
): Promise<void> {
  const verdict = await landFlush(tx, layout, message, cells);
  if (verdict !== 'apply') {
    landed.counts[verdict] += 1;
    if (verdict === 'gap') landed.gaps.add(message.partition);
    return;
  }
  const { partition, from, to } = message;
  landed.counts.applied += 1;
  landed.covers[partition] = [landed.covers[partition]?.[0] ?? from, to];
  for (const [key] of cells)
    if (landed.cells.length <= HINT_CELLS) landed.cells.push(cellKey(layout.types, key));
  if (message.end?.closed === true) landed.closed = true;
}

async function takeRange(
  tx: StoreTransaction,
  layout: ProductLayout,
  { message, cells, whole }: RangeStep,
  landed: Landed,
  at: number,
): Promise<void> {
  const pointer = await readPointer(tx, layout);
  const target = targetOf(pointer, message);
  if (target === null) {
    if (whole) landed.counts.stale += 1;
    return;
  }
  await foldInto(
    tx,
    layout,
    target,
    cells.map(([key, states]) => ({ key, states })),
  );
  const { end } = message;
  if (!whole || end === undefined) return;
  const { cutTo: cut, epochs, ledger, watermark } = end;
  landed.moved = movePointer(tx, layout, pointer, target, { cut, epochs, ledger, watermark, at });
  landed.counts.applied += 1;
}
