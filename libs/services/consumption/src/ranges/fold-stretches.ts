/**
 * Lambda, while batch is away: closed epochs beyond the cut are folded together, lane by lane, so that a question costs the same
 * however many cuts there were (see domain/src/protocol/stretches.ts). Nobody reads a stretch before its document says that it is
 * there, and what it is made of stays until it lies behind the pointer.
 */
import type { StretchesDocument } from '@tenon/contracts';
import { STORE_KEYS, VERSIONS, keyAfter, supported } from '@tenon/contracts';
import type { LandedPart, Lane, Pointer, Stretch } from '@tenon/domain';
import {
  dueStretch,
  laneKey,
  laneNumber,
  laneOfNumber,
  mayStretch,
  stretchOf,
  withStretch,
} from '@tenon/domain';
import type { StoreTransaction } from '@tenon/ports';
import type { CellRange, LaneView, MergedCell, ProductLayout, ProductView } from '@tenon/views';
import { ALL_CELLS, cellsOfParts, partsOf, placesOf, readPointer, readView } from '@tenon/views';
import { pauseAfter } from '../pause';
import type { FoldDeps } from './fold-closed';

/** Stretches at a time. */
const MOST = 100;

/**
 * Folds what is due of the lanes that this instance has. Twice at once it writes the same twice; a crash in the middle leaves
 * cells that nobody reads, and the next call writes them again.
 *
 * @returns how many stretches were made
 */
export async function foldStretches(
  deps: FoldDeps,
  layout: ProductLayout,
  has: (lane: Lane) => boolean,
  signal: AbortSignal,
): Promise<number> {
  let made = 0;
  let view = await deps.store.snapshot((snapshot) => readView(snapshot, layout));
  if ([...view.speed.lanes.values()].some((lane) => hasLeft(view, lane))) await leaveBehind(deps, layout);
  for (const lane of layout.lanes.filter(has)) {
    while (made < MOST) {
      const of = view.speed.lanes.get(laneKey(lane.source, lane.partition)) as LaneView;
      const run = dueStretch(partsOf(of));
      if (run === null || signal.aborted) break;
      if (!(await foldStretch(deps, layout, view, of, run, signal))) return made;
      made += 1;
      view = await deps.store.snapshot((snapshot) => readView(snapshot, layout));
    }
  }
  return made;
}

/** @returns false if it is to be tried again, later */
async function foldStretch(
  { store, clock, config }: FoldDeps,
  layout: ProductLayout,
  view: ProductView,
  lane: LaneView,
  run: readonly LandedPart[],
  signal: AbortSignal,
): Promise<boolean> {
  const { product } = layout;
  const key = laneKey(lane.lane.source, lane.lane.partition);
  const stretch = stretchOf(run);
  const prefix = STORE_KEYS.stretch(product, stretch.through, lane.number, stretch.level);
  for (let from: string | null = ALL_CELLS.gte; from !== null;) {
    const began = clock.monotonic();
    const range: CellRange = { ...ALL_CELLS, gte: from, expected: config.foldCells };
    const cells = await store.snapshot((snapshot) =>
      firstOf(cellsOfParts(snapshot, layout, view, lane, run, range), config.foldCells),
    );
    const folded = await store.transact(async (tx) => {
      if (!mayStretch(await readPointer(tx, layout), key, run)) return false;
      for (const { id, key: values, states } of cells) {
        const k = JSON.stringify(values);
        const json = `{"k":${k},"s":${JSON.stringify(states)}}`;
        tx.putJson('speed', prefix + id, json, placesOf(layout, prefix, id, k));
      }
      return true;
    });
    if (!folded || signal.aborted) return false;
    from = cells.length < config.foldCells ? null : keyAfter(cells.at(-1)?.id as string);
    await pauseAfter(clock, began, signal);
  }
  const { orders, ordersMark } = layout;
  return store.transact(async (tx) => {
    const pointer = await readPointer(tx, layout);
    if (!mayStretch(pointer, key, run)) return false;
    const made = { ...stretch, ...(orders.length > 0 && { orders: ordersMark }) };
    await putStretches(tx, layout, { lane: lane.lane, stretch: made }, pointer);
    return true;
  });
}

async function firstOf(cells: AsyncIterable<MergedCell>, count: number): Promise<MergedCell[]> {
  const first: MergedCell[] = [];
  for await (const cell of cells) if (first.push(cell) === count) break;
  return first;
}

const hasLeft = ({ base }: ProductView, { lane, stretches }: LaneView): boolean => {
  const key = laneKey(lane.source, lane.partition);
  return withStretch(stretches, base.pointer, key, null).length < stretches.length;
};

/** Stretches behind the pointer are named no more; their cells go with those of their epochs. */
const leaveBehind = ({ store }: FoldDeps, layout: ProductLayout) =>
  store.transact(async (tx) => putStretches(tx, layout, null, await readPointer(tx, layout)));

async function putStretches(
  tx: StoreTransaction,
  { product, sources }: ProductLayout,
  made: { readonly lane: Lane; readonly stretch: Stretch } | null,
  pointer: Pointer,
): Promise<void> {
  const at = STORE_KEYS.stretches(product);
  const document = supported('stretches', await tx.get<StretchesDocument>('meta', at));
  const byLane = new Map<number, Stretch[]>();
  if (made !== null) byLane.set(laneNumber(sources, made.lane), []);
  for (const { lane, ...one } of document?.stretches ?? [])
    byLane.set(lane, [...(byLane.get(lane) ?? []), { ...one, closed: true }]);
  const stretches = [...byLane].flatMap(([number, known]) => {
    const lane = laneOfNumber(sources, number);
    if (lane === undefined) return [];
    const key = laneKey(lane.source, lane.partition);
    const isMade = made !== null && key === laneKey(made.lane.source, made.lane.partition);
    const left = withStretch(known, pointer, key, isMade ? made.stretch : null);
    return left.map(({ closed: _closed, ...one }) => ({ lane: number, ...one }));
  });
  if (stretches.length === 0) tx.delete('meta', at);
  else tx.put('meta', at, { v: VERSIONS.stretches.writes, stretches } satisfies StretchesDocument);
}
