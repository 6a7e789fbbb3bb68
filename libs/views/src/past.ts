/** Reading a product as it was served: a generation of before, and nothing of speed. */
import type { KeptDocument, PointerDocument } from '@tenon/contracts';
import { STORE_KEYS, mustRead, pointerOf, supported } from '@tenon/contracts';
import type { Generation, KeptGeneration, LaneKey, Pointer } from '@tenon/domain';
import { keptBy, keptGenerations, laneKey, laneNumber } from '@tenon/domain';
import type { StoreSnapshot } from '@tenon/ports';
import type { ProductLayout } from './layout';
import type { LaneView, ProductView } from './view';
import { readPointer } from './view';

/** Every generation that is written down, in any order; which of them can be read says `keptBy`. @throws UnsupportedVersion */
export async function readKept(
  snapshot: Pick<StoreSnapshot, 'scan'>,
  { product, plan }: ProductLayout,
): Promise<KeptGeneration[]> {
  const found: KeptGeneration[] = [];
  for await (const chunk of snapshot.scan<KeptDocument>('meta', STORE_KEYS.keptOf(product)))
    for (const { value } of chunk) {
      supported('kept', value);
      const { pointer: document, before } = value;
      const pointer = mustRead(pointerOf(document as PointerDocument, plan.source), () => 'the store');
      if (pointer !== undefined) found.push({ pointer, before });
    }
  return found;
}

/** The pointers that can be read, the served one first. @throws UnsupportedVersion */
export async function readableGenerations(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
): Promise<Pointer[]> {
  const pointer = await readPointer(snapshot, layout);
  return keptBy(pointer, await readKept(snapshot, layout), keptGenerations(layout.plan));
}

/** A product as a generation served it, with what its cells' documents have no more. */
export interface PastView extends ProductView {
  /** The folds beyond these generations took out versions that this one may need, the latest first. */
  readonly past: readonly Generation[];
}

/** @param readable `readableGenerations` of the same snapshot; @param pointer one of them */
export function pastView(layout: ProductLayout, readable: readonly Pointer[], pointer: Pointer): PastView {
  const { line, generation, cut } = pointer;
  const past = readable
    .filter((one) => one.line === line && one.generation > generation)
    .map((one) => one.generation);
  const lanes = layout.lanes.map((lane): readonly [LaneKey, LaneView] => {
    const key = laneKey(lane.source, lane.partition);
    const reach = { epochs: [], included: cut[key] ?? 0, open: pointer.epochs[key] ?? 0, gap: false };
    return [key, { lane, number: laneNumber(layout.sources, lane), reach, progress: [], stretches: [] }];
  });
  return { base: { pointer }, speed: { lanes: new Map(lanes), troubles: [] }, past };
}
