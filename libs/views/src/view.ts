/**
 * What a reader takes of a product at one instant of the store: the base view that the pointer names, and the speed
 * epochs that join on to it in each partition.
 */
import type { PointerDocument, ProgressDocument } from '@tenon/contracts';
import { STORE_KEYS, parseProgressKey, productKey, supported } from '@tenon/contracts';
import type { EpochProgress, LedgerCounts, Offsets, PartitionReach, Plan } from '@tenon/domain';
import { EMPTY_LEDGER, addLedgers, includedOffsets, reachOf } from '@tenon/domain';
import type { StoreSnapshot, StoreTransaction } from '@tenon/ports';

/** Keys and types of one product, made once. */
export interface ProductLayout {
  readonly plan: Plan;
  /** `<product>@<version>`, the prefix of its keys in the store. */
  readonly product: string;
  readonly types: readonly string[];
  readonly partitions: number;
}

export function layoutOf(plan: Plan, partitions: number): ProductLayout {
  return {
    plan,
    product: productKey(plan.product, plan.version),
    types: plan.key.map((key) => key.type),
    partitions,
  };
}

export interface ProductView {
  readonly pointer: PointerDocument;
  readonly reaches: ReadonlyMap<number, PartitionReach>;
  readonly progress: ReadonlyMap<
    number,
    readonly (EpochProgress & { readonly document: ProgressDocument })[]
  >;
}

/** The pointer of a product; before the first generation, the empty view. @throws UnsupportedVersion */
export async function readPointer(
  store: Pick<StoreTransaction, 'get'>,
  layout: ProductLayout,
): Promise<PointerDocument> {
  const pointer = await store.get<PointerDocument>('meta', STORE_KEYS.pointer(layout.product));
  return supported('pointer', pointer) ?? emptyPointer(layout);
}

const emptyPointer = (layout: ProductLayout): PointerDocument => ({
  line: 0,
  generation: 0,
  cut: {},
  epochs: {},
  at: 0,
  hash: layout.plan.hash,
  ledger: EMPTY_LEDGER,
  watermark: null,
});

/**
 * Reads pointer and progress, and follows each partition from the cut as far as its epochs join on.
 *
 * @throws UnsupportedVersion
 */
export async function readView(snapshot: StoreSnapshot, layout: ProductLayout): Promise<ProductView> {
  const pointerKey = STORE_KEYS.pointer(layout.product);
  let pointer = emptyPointer(layout);
  const progress = new Map<number, (EpochProgress & { document: ProgressDocument })[]>();
  for (let partition = 0; partition < layout.partitions; partition++) progress.set(partition, []);
  const range = { ...STORE_KEYS.progressOf(layout.product), and: pointerKey };
  for await (const chunk of snapshot.scan<ProgressDocument | PointerDocument>('meta', range))
    for (const { key, value: found } of chunk) {
      if (key === pointerKey) {
        pointer = supported('pointer', found as PointerDocument) ?? pointer;
        continue;
      }
      const value = found as ProgressDocument;
      const { epoch, partition } = parseProgressKey(key);
      supported('progress', value);
      const { start, next, closed, nextEpoch } = value;
      progress.get(partition)?.push({ epoch, start, next, closed, nextEpoch, document: value });
    }
  const reaches = new Map(
    [...progress].map(([partition, epochs]) => [
      partition,
      reachOf(epochs, pointer.cut[partition] ?? 0, pointer.epochs[partition] ?? 0),
    ]),
  );
  return { pointer, reaches, progress };
}

/** The next offset of each partition that the view does not include. */
export function includedIn(view: ProductView): Offsets {
  return includedOffsets(view.reaches);
}

/** What became of every record below the view's offsets. */
export function ledgerOf(view: ProductView): LedgerCounts {
  let sum = view.pointer.ledger;
  for (const [partition, epochs] of view.progress)
    for (const one of epochs)
      if (view.reaches.get(partition)?.epochs.includes(one.epoch) === true)
        sum = addLedgers(sum, one.document.ledger);
  return sum;
}
