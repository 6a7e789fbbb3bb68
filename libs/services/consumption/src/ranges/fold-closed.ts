/**
 * Kappa: no batch runs, so the landing zone folds what it has. Once every lane has left the epochs before k, their
 * states are the states of [cut i, cut k), and the law is the same as for a range that batch computed.
 */
import { keyAfter } from '@tenon/contracts';
import type { FoldTarget, Pointer } from '@tenon/domain';
import { closedMove, foldableGeneration, movedPointer, timesOf, withHorizon } from '@tenon/domain';
import type { Clock, ProductStore } from '@tenon/ports';
import type { CellRange, ProductLayout, ProductView } from '@tenon/views';
import { ALL_CELLS, closedSpeedCells, readPointer, readView } from '@tenon/views';
import type { FoldedCell } from '../landing/fold-cells';
import { foldCells } from '../landing/fold-cells';
import { withOrders } from '../landing/line-orders';
import { servePointer } from '../landing/serve-pointer';
import { pauseAfter } from '../pause';

export interface FoldDeps {
  readonly store: ProductStore;
  readonly clock: Clock;
  readonly config: { readonly foldCells: number };
}

/**
 * Folds all closed epochs, if there are any, in parts with a pause after each. A crash in the middle leaves rows that nobody
 * sees; the next call writes them again. Each part is read from a snapshot of its own, since closed epochs do not change, and
 * stores keep old snapshots for a while only.
 *
 * @returns the pointer that is now served, or null if there was nothing to fold, or another instance was quicker
 */
export async function foldClosedEpochs(
  { store, clock, config }: FoldDeps,
  layout: ProductLayout,
  signal: AbortSignal,
): Promise<Pointer | null> {
  const view = await store.snapshot((snapshot) => readView(snapshot, layout));
  const { pointer } = view.base;
  const to = foldableGeneration([...view.speed.lanes.values()].map(({ reach }) => reach));
  if (to <= pointer.generation) return null;
  const { line, generation } = pointer;
  const target: FoldTarget = { line, from: generation, to, times: timesOf(pointer) };
  for (let from: string | null = ALL_CELLS.gte; from !== null;) {
    const began = clock.monotonic();
    const range: CellRange = { ...ALL_CELLS, gte: from, expected: config.foldCells };
    const part = await store.snapshot((snapshot) =>
      firstOf(closedSpeedCells(snapshot, layout, view, to, range), config.foldCells),
    );
    const folded = await store.transact(async (tx) => {
      // What was read is whole only if nothing of it was pruned, so if the pointer has not moved.
      if (!isServed(view, await readPointer(tx, layout))) return false;
      await foldCells(tx, layout, target, part);
      return true;
    });
    if (!folded || signal.aborted) return null;
    from = part.length < config.foldCells ? null : keyAfter(part.at(-1)?.id as string);
    await pauseAfter(clock, began, signal);
  }
  const move = closedMove(pointer, view.speed.lanes, to);
  const at = clock.now();
  return store.transact(async (tx) => {
    const served = await readPointer(tx, layout);
    if (!isServed(view, served)) return null;
    const moved = withOrders(
      layout,
      served,
      target,
      withHorizon(pointer, movedPointer(served, target, move, layout.plan.hash, at), layout.plan),
      true,
    );
    servePointer(tx, layout, served, moved);
    return moved;
  });
}

async function firstOf(cells: ReturnType<typeof closedSpeedCells>, count: number): Promise<FoldedCell[]> {
  const first: FoldedCell[] = [];
  for await (const { id, key, states } of cells)
    if (first.push({ id, key: JSON.stringify(key), states }) === count) break;
  return first;
}

/** False if another instance was quicker: what this one read is of the past, and nothing of it may be written. */
const isServed = ({ base }: ProductView, pointer: Pointer) =>
  pointer.generation === base.pointer.generation && pointer.line === base.pointer.line;
