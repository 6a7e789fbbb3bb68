/**
 * What a reader takes of a product: a base view, which is one generation and never changes, and the speed view of the epochs
 * that join on to it in each lane. Each is read from one snapshot; where both layers are in one store, from the same.
 */
import type {
  PointerDocument,
  PointerDocumentBefore,
  ProgressDocument,
  StretchesDocument,
  TroublesDocument,
} from '@tenon/contracts';
import {
  STORE_KEYS,
  isStretchesKey,
  isTroublesKey,
  mustRead,
  parseProgressKey,
  pointerOf,
  supported,
} from '@tenon/contracts';
import type {
  Generation,
  Lane,
  LandedPart,
  LaneKey,
  LaneOffsets,
  LaneReach,
  LedgerCounts,
  Pointer,
  Stretch,
} from '@tenon/domain';
import {
  addLedgers,
  coveredFrom,
  emptyPointer,
  laneKey,
  laneNumber,
  partsFrom,
  reachOf,
} from '@tenon/domain';
import type { ScanRange, StoreSnapshot, StoreTransaction, Trouble } from '@tenon/ports';
import type { ProductLayout } from './layout';
import { troublesIn } from './trouble-book';

/** The fold of all records before a cut. */
export interface BaseView {
  readonly pointer: Pointer;
  /** What the store of base alone knows to be wrong with the product; where both layers are in one, the speed view has it all. */
  readonly troubles?: readonly Trouble[];
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
  /**
   * All of its epochs that have landed; where some were folded together, the parts that it is read by from the cut on. A part
   * is named by the epoch that it begins with, so `reach.epochs` are parts.
   */
  readonly progress: readonly LandedPart[];
  /** What of its epochs has been folded together. */
  readonly stretches: readonly Stretch[];
}

export interface ProductView {
  readonly base: BaseView;
  readonly speed: SpeedView;
  /** Of a generation of before: the folds that took something out that it needs (see past.ts). */
  readonly past?: readonly Generation[];
  /** What of it could not be read, where the layers are in stores of their own. */
  readonly missing?: MissingLayer;
}

/** A layer whose store is away, or (`apart`) two stores that do not go together. */
export interface MissingLayer {
  readonly code: 'layer-away' | 'layers-apart';
  readonly layer: 'batch' | 'speed';
  readonly reason: string;
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

/** Of a store that holds base alone. @throws UnsupportedVersion */
export async function readBaseView(snapshot: StoreSnapshot, layout: ProductLayout): Promise<BaseView> {
  const { product } = layout;
  const keys = [STORE_KEYS.pointer(product), STORE_KEYS.troubles(product)];
  const [pointer, troubles] = await snapshot.getMany<AnyPointer | TroublesDocument>('meta', keys);
  return {
    pointer: pointerIn(layout, pointer as AnyPointer | undefined),
    troubles: troublesIn(troubles as TroublesDocument | undefined),
  };
}

/**
 * The view of a store that holds speed alone, from the cut of a base view on. The store's own pointer is the last one that speed's
 * landing has heard of: nothing at or above its cut has been pruned here.
 *
 * @param join what to begin at, given the store's own pointer; called once, after the first read of the snapshot
 * @throws UnsupportedVersion
 */
export function readJoinedView(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  join: (own: Pointer) => Promise<BaseView>,
): Promise<ProductView> {
  return readLanded(snapshot, layout, join);
}

/** The speed view of which nothing is known. */
export function emptySpeedView(layout: ProductLayout, { pointer }: BaseView): SpeedView {
  return new LandedParts(layout).beyond(pointer);
}

/** Both from one store, at once. @throws UnsupportedVersion */
export function readView(snapshot: StoreSnapshot, layout: ProductLayout): Promise<ProductView> {
  return readLanded(snapshot, layout);
}

/** Epochs of each lane that are read at once: more are there only while batch is away. */
const AT_ONCE = 8;

async function readLanded(
  snapshot: StoreSnapshot,
  layout: ProductLayout,
  join?: (own: Pointer) => Promise<BaseView>,
): Promise<ProductView> {
  const pointerKey = STORE_KEYS.pointer(layout.product);
  const range = STORE_KEYS.progressOf(layout.product);
  const landed = new LandedParts(layout);
  let pointer: Pointer | undefined;
  let base: BaseView | undefined;
  const joined = async (): Promise<BaseView> => {
    const own = pointer ?? emptyPointer(layout.plan.hash);
    base = join === undefined ? { pointer: own } : await join(own);
    pointer = base.pointer;
    return base;
  };
  const read = async (part: ScanRange): Promise<string | null> => {
    for await (const chunk of snapshot.scan<LandedDocument | AnyPointer>('meta', part)) {
      for (const { key, value } of chunk)
        if (key === pointerKey) pointer = pointerIn(layout, value as AnyPointer);
        else landed.add(key, value as LandedDocument);
      if (base === undefined) await joined();
      const from = landed.needed(pointer);
      if (from !== null && from > (chunk.at(-1)?.key ?? '')) return from;
    }
    return null;
  };
  const first = {
    ...{ ...range, and: pointerKey },
    expected: AT_ONCE * Math.max(AT_ONCE, layout.lanes.length),
  };
  // What stretches lead over is not read. Where they end the rest begins, which is in the first chunk if there are none.
  const from = await read(first);
  if (from !== null) await read({ gte: from, lt: range.lt });
  base ??= await joined();
  const speed = landed.beyond(base.pointer);
  return { base: { ...base, pointer: withHorizonOf(speed, base.pointer) }, speed };
}

/** What epochs beyond the cut lack is in no answer, as if a cut had put it behind the horizon. */
function withHorizonOf({ lanes }: SpeedView, pointer: Pointer): Pointer {
  let latest = pointer.horizon ?? -Infinity;
  for (const lane of lanes.values())
    for (const { horizon } of partsOf(lane)) latest = Math.max(latest, horizon ?? -Infinity);
  return latest === (pointer.horizon ?? -Infinity) ? pointer : { ...pointer, horizon: latest };
}

type LandedDocument = ProgressDocument | StretchesDocument | TroublesDocument;

/** The progress documents of a product, by lane, and what stands among them. */
class LandedParts {
  private readonly byNumber = new Map<number, LandedPart[]>();
  private readonly stretches = new Map<number, Stretch[]>();
  private troubles: readonly Trouble[] = [];
  private isSkipped = false;

  constructor(private readonly layout: ProductLayout) {}

  add(key: string, document: LandedDocument): void {
    if (isTroublesKey(key)) {
      this.troubles = troublesIn(document as TroublesDocument);
      return;
    }
    if (isStretchesKey(key)) {
      this.addStretches(document as StretchesDocument);
      return;
    }
    const value = document as ProgressDocument;
    const { epoch, lane } = parseProgressKey(key);
    supported('progress', value);
    listIn(this.byNumber, lane).push({ epoch, closedAt: null, ...value });
  }

  private addStretches(document: StretchesDocument): void {
    supported('stretches', document);
    // Kappa's fold takes each epoch by itself.
    if (this.layout.plan.topology === 'kappa') return;
    for (const { lane, ...one } of document.stretches)
      listIn(this.stretches, lane).push({ ...one, closed: true });
  }

  /** From which key on progress is needed, once, if stretches lead over some; null: from the first one on. */
  needed(pointer: Pointer | undefined): string | null {
    if (this.isSkipped || this.stretches.size === 0) return null;
    this.isSkipped = true;
    const { lanes, sources, product } = this.layout;
    const ends = lanes.map((lane) => {
      const served = pointer?.epochs[laneKey(lane.source, lane.partition)] ?? 0;
      return coveredFrom(this.stretches.get(laneNumber(sources, lane)) ?? [], served);
    });
    return STORE_KEYS.progress(product, Math.min(...ends), 0);
  }

  beyond(pointer: Pointer): SpeedView {
    const { lanes, sources } = this.layout;
    const views = lanes.map((lane): readonly [LaneKey, LaneView] => {
      const key = laneKey(lane.source, lane.partition);
      const number = laneNumber(sources, lane);
      const from = pointer.epochs[key] ?? 0;
      const stretches = this.stretches.get(number) ?? [];
      const progress = partsFrom(this.byNumber.get(number) ?? [], stretches, from);
      const reach = reachOf(progress, pointer.cut[key] ?? 0, from);
      return [key, { lane, number, reach, progress, stretches }];
    });
    return { lanes: new Map(views), troubles: this.troubles };
  }
}

function listIn<T>(lists: Map<number, T[]>, lane: number): T[] {
  const list = lists.get(lane) ?? [];
  if (list.length === 0) lists.set(lane, list);
  return list;
}

/** The parts of a lane whose states count, in order. */
export function partsOf({ reach, progress }: LaneView): readonly LandedPart[] {
  const counts = new Set(reach.epochs);
  return progress.filter(({ epoch }) => counts.has(epoch)).sort((a, b) => a.epoch - b.epoch);
}

/** Before the keys of a part's cells. */
export const prefixOf = ({ product }: ProductLayout, lane: number, part: LandedPart): string =>
  part.level === undefined || part.through === undefined
    ? STORE_KEYS.speed(product, part.epoch, lane)
    : STORE_KEYS.stretch(product, part.through, lane, part.level);

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
  for (const lane of speed.lanes.values())
    for (const { ledger } of partsOf(lane)) sum = addLedgers(sum, ledger);
  return sum;
}

/** What is known to be wrong with the product, by either layer's store. */
export const troublesOf = ({ base, speed }: ProductView): readonly Trouble[] =>
  base.troubles === undefined ? speed.troubles : [...base.troubles, ...speed.troubles];
