/**
 * What a reader takes of a product: a base view, which is one generation and never changes, and the speed view of the epochs
 * that join on to it in each lane. Each is read from one snapshot; where both layers are in one store, from the same.
 */
import type {
  PointerDocument,
  PointerDocumentBefore,
  ProgressDocument,
  TroublesDocument,
} from '@tenon/contracts';
import {
  STORE_KEYS,
  isTroublesKey,
  mustRead,
  parseProgressKey,
  pointerOf,
  supported,
} from '@tenon/contracts';
import type {
  Lane,
  LandedEpoch,
  LaneKey,
  LaneOffsets,
  LaneReach,
  LedgerCounts,
  Pointer,
} from '@tenon/domain';
import { addLedgers, emptyPointer, laneKey, laneNumber, reachOf } from '@tenon/domain';
import type { StoreSnapshot, StoreTransaction, Trouble } from '@tenon/ports';
import type { ProductLayout } from './layout';
import { troublesIn } from './trouble-book';

/** The fold of all records before a cut. */
export interface BaseView {
  readonly pointer: Pointer;
}

/** The epochs at or above a base view's cut, lane by lane. */
export interface SpeedView {
  readonly lanes: ReadonlyMap<LaneKey, LaneView>;
  /** What is known to be wrong with the product: what is read of it is not all that it should be. */
  readonly troubles: readonly Trouble[];
}

export interface LaneView {
  readonly lane: Lane;
  /** Its `laneNumber`. */
  readonly number: number;
  readonly reach: LaneReach;
  /** All of its epochs that have landed, those behind the cut too. */
  readonly progress: readonly LandedEpoch[];
}

export interface ProductView {
  readonly base: BaseView;
  readonly speed: SpeedView;
}

type AnyPointer = PointerDocument | PointerDocumentBefore;

/** The pointer of a product; before the first generation, the empty view. @throws UnsupportedVersion */
export async function readPointer(
  store: Pick<StoreTransaction, 'get'>,
  layout: ProductLayout,
): Promise<Pointer> {
  return pointerIn(layout, await store.get<AnyPointer>('meta', STORE_KEYS.pointer(layout.product)));
}

function pointerIn({ plan }: ProductLayout, document: AnyPointer | undefined): Pointer {
  return mustRead(pointerOf(document, plan.source), () => 'the store') ?? emptyPointer(plan.hash);
}

/** @throws UnsupportedVersion */
export async function readBaseView(snapshot: StoreSnapshot, layout: ProductLayout): Promise<BaseView> {
  return { pointer: await readPointer(snapshot, layout) };
}

/** Follows each lane from the cut of `base` as far as its epochs join on. @throws UnsupportedVersion */
export async function readSpeedView(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  base: BaseView,
): Promise<SpeedView> {
  const landed = new LandedEpochs(layout);
  const chunks = snapshot.scan<LandedDocument>('meta', STORE_KEYS.progressOf(layout.product));
  for await (const chunk of chunks) for (const { key, value } of chunk) landed.add(key, value);
  return landed.beyond(base);
}

/** Both from one store, in one scan of it. @throws UnsupportedVersion */
export async function readView(snapshot: StoreSnapshot, layout: ProductLayout): Promise<ProductView> {
  const pointerKey = STORE_KEYS.pointer(layout.product);
  let pointer: AnyPointer | undefined;
  const landed = new LandedEpochs(layout);
  const range = { ...STORE_KEYS.progressOf(layout.product), and: pointerKey };
  for await (const chunk of snapshot.scan<LandedDocument | AnyPointer>('meta', range))
    for (const { key, value } of chunk) {
      if (key === pointerKey) pointer = value as AnyPointer;
      else landed.add(key, value as LandedDocument);
    }
  const base = { pointer: pointerIn(layout, pointer) };
  return { base, speed: landed.beyond(base) };
}

type LandedDocument = ProgressDocument | TroublesDocument;

/** The progress documents of a product, by lane, and what stands among them. */
class LandedEpochs {
  private readonly byNumber = new Map<number, LandedEpoch[]>();
  private troubles: readonly Trouble[] = [];

  constructor(private readonly layout: ProductLayout) {}

  add(key: string, document: LandedDocument): void {
    if (isTroublesKey(key)) {
      this.troubles = troublesIn(document as TroublesDocument);
      return;
    }
    const value = document as ProgressDocument;
    const { epoch, lane } = parseProgressKey(key);
    supported('progress', value);
    const epochs = this.byNumber.get(lane) ?? [];
    if (epochs.length === 0) this.byNumber.set(lane, epochs);
    epochs.push({ epoch, closedAt: null, ...value });
  }

  beyond({ pointer }: BaseView): SpeedView {
    const { lanes, sources } = this.layout;
    const views = lanes.map((lane): readonly [LaneKey, LaneView] => {
      const key = laneKey(lane.source, lane.partition);
      const number = laneNumber(sources, lane);
      const progress = this.byNumber.get(number) ?? [];
      const reach = reachOf(progress, pointer.cut[key] ?? 0, pointer.epochs[key] ?? 0);
      return [key, { lane, number, reach, progress }];
    });
    return { lanes: new Map(views), troubles: this.troubles };
  }
}

/** The next offset of each lane that the view does not include. */
export function includedIn({ speed }: ProductView): LaneOffsets {
  return Object.fromEntries([...speed.lanes].map(([lane, { reach }]) => [lane, reach.included]));
}

/** Something went missing: states lie beyond what a reader may take. */
export function hasGap({ speed }: ProductView): boolean {
  return [...speed.lanes.values()].some(({ reach }) => reach.gap);
}

/** What became of every record below the view's offsets. */
export function ledgerOf({ base, speed }: ProductView): LedgerCounts {
  let sum = base.pointer.ledger;
  for (const { reach, progress } of speed.lanes.values())
    for (const one of progress) if (reach.epochs.includes(one.epoch)) sum = addLedgers(sum, one.ledger);
  return sum;
}
