/**
 * Kappa: no batch runs, so the landing zone folds what it has. Once every partition has left the epochs before k, their
 * states are the states of [cut i, cut k), and the law is the same as for a range that batch computed.
 */
import { EMPTY_LEDGER, addLedgers, foldableGeneration } from '@tenon/domain';
import type { PointerDocument } from '@tenon/contracts';
import type { Clock, ProductStore } from '@tenon/ports';
import type { ProductLayout, ProductView } from '@tenon/views';
import { closedSpeedCells, readPointer, readView } from '@tenon/views';
import type { FoldTarget, FoldedCell, Move } from './landing';
import { foldInto, laterOf, movePointer } from './landing';

/**
 * Folds all closed epochs, if there are any. A crash in the middle leaves rows that nobody sees; the next call writes
 * them again.
 *
 * @param chunkCells cells per transaction
 * @returns the generation that is now served, or null if there was nothing to fold
 */
export async function foldClosedEpochs(
  store: ProductStore,
  clock: Clock,
  layout: ProductLayout,
  chunkCells: number,
): Promise<number | null> {
  return store.snapshot(async (snapshot) => {
    const view = await readView(snapshot, layout);
    const to = foldableGeneration([...view.reaches.values()]);
    const { line, generation, watermark } = view.pointer;
    if (to <= generation) return null;
    const target: FoldTarget = { line, from: generation, to, watermark };
    let chunk: FoldedCell[] = [];
    const flush = async () => {
      const cells = chunk;
      chunk = [];
      if (cells.length === 0) return true;
      return store.transact(async (tx) => {
        if (!isServed(view, await readPointer(tx, layout))) return false;
        await foldInto(tx, layout, target, cells);
        return true;
      });
    };
    for await (const cell of closedSpeedCells(snapshot, layout, view, to)) {
      chunk.push(cell);
      if (chunk.length >= chunkCells && !(await flush())) return null;
    }
    if (!(await flush())) return null;
    const move = moveTo(view, to, clock.now());
    return store.transact(async (tx) => {
      const pointer = await readPointer(tx, layout);
      if (!isServed(view, pointer)) return null;
      return movePointer(tx, layout, pointer, target, move).generation;
    });
  });
}

/** False if another instance was quicker: what this one read is of the past, and nothing of it may be written. */
const isServed = (view: ProductView, pointer: PointerDocument) =>
  pointer.generation === view.pointer.generation && pointer.line === view.pointer.line;

/** The cut at `to`: where each partition's first epoch from `to` on begins. */
function moveTo(view: ProductView, to: number, at: number): Move {
  const cut: Record<string, number> = {};
  const epochs: Record<string, number> = {};
  let ledger = EMPTY_LEDGER;
  let watermark: number | null = null;
  for (const [partition, reach] of view.reaches) {
    cut[partition] = view.pointer.cut[partition] ?? 0;
    epochs[partition] = view.pointer.epochs[partition] ?? 0;
    for (const one of view.progress.get(partition) ?? []) {
      if (one.epoch >= to || !reach.epochs.includes(one.epoch)) continue;
      ledger = addLedgers(ledger, one.document.ledger);
      watermark = laterOf(watermark, one.document.watermark);
      cut[partition] = Math.max(cut[partition] ?? 0, one.next);
      epochs[partition] = Math.max(epochs[partition] ?? 0, one.nextEpoch);
    }
  }
  return { cut, epochs, ledger, watermark, at };
}
