/**
 * Accepting that records of a source are gone. From then on readers go on behind them, and count them as lost. What speed had
 * counted of them in epochs that no base view holds is read again, so it goes first: else cells of both readings would stand
 * together. Until the loss is in the book nobody can read these epochs again, so it may end at any point and be called again.
 */
import type {
  ArchiveHeadDocument,
  ProgressDocument,
  SpeedDocument,
  StretchesDocument,
} from '@tenon/contracts';
import {
  STORE_KEYS,
  TOPICS,
  isStretchesKey,
  isTroublesKey,
  keyAfter,
  parseProgressKey,
  supported,
} from '@tenon/contracts';
import type { Epoch, Offset, SourceDefinition } from '@tenon/domain';
import { isBehind, laneKey, laneNumber } from '@tenon/domain';
import { HttpProblem } from '@tenon/errors';
import type { EventLog, Loss, LossBook, ProductStore, TroubleBook } from '@tenon/ports';
import type { ProductLayout } from './layout';
import { placesOf } from './orders';
import { readPointer } from './view';

/** Cells that go in one transaction. */
const CHUNK = 500;

export interface AcceptLossDeps {
  readonly log: Pick<EventLog, 'startOffsets' | 'endOffsets'>;
  /** Where the archive's manifest and the book of losses are. */
  readonly store: Pick<ProductStore, 'snapshot'>;
  readonly book: LossBook;
  readonly troubles: Pick<TroubleBook, 'read'>;
  /** Those that read the source. */
  readonly products: readonly LossProduct[];
}

export interface LossProduct {
  readonly layout: ProductLayout;
  /** Of its speed layer. */
  readonly store: ProductStore;
}

/**
 * @returns what stands in the book: the same where it was accepted before
 * @throws HttpProblem 409 `not-lost`: the log or the archive has some of it, `loss-counted`: a product that is well has counted it
 */
export async function acceptLoss(deps: AcceptLossDeps, source: SourceDefinition, loss: Loss): Promise<Loss> {
  const { partition, from, to } = loss;
  const known = (await deps.book.read(source.name)).find(
    (one) => one.partition === partition && one.from <= from && to <= one.to,
  );
  if (known !== undefined) return known;
  await checkGone(deps, source, loss);
  const counted: { readonly one: LossProduct; readonly landed: Landed }[] = [];
  for (const one of deps.products) {
    const landed = await landedOf(one, source, loss);
    const { product } = one.layout;
    if (landed.epochs.length > 0 && !(await stands(deps, one.layout, source, loss)))
      throw new HttpProblem(
        409,
        'loss-counted',
        `${product} has counted records ${from} to ${to - 1} of ${source.name}, partition ${partition} since its last cut, and would lose them. Make a cut first (tenon cut), and accept the loss again.`,
      );
    counted.push({ one, landed });
  }
  for (const { one, landed } of counted) await forget(one.store, one.layout, landed);
  return deps.book.accept(source.name, loss);
}

async function checkGone(
  { log, store }: AcceptLossDeps,
  { name }: SourceDefinition,
  { partition, from, to }: Pick<Loss, 'partition' | 'from' | 'to'>,
): Promise<void> {
  const place = `${name}, partition ${partition}`;
  const start = (await log.startOffsets(TOPICS.events(name)))[String(partition)] ?? 0;
  if (to > start) {
    const end = (await log.endOffsets(TOPICS.events(name)))[String(partition)] ?? 0;
    const there = from < end ? `has ${start} to ${end - 1}` : `has no record ${from} yet: it ends at ${end}`;
    throw notLost(`The log of ${place} ${there}.`, 0, start);
  }
  const head = await store.snapshot(async (snapshot) =>
    supported(
      'archive-head',
      await snapshot.get<ArchiveHeadDocument>('meta', STORE_KEYS.archiveHead(name, partition)),
    ),
  );
  if (head === undefined || head.next <= from || to <= head.first) return;
  throw notLost(`The archive of ${place} has records ${head.first} to ${head.next - 1}.`, head.next, start);
}

const notLost = (what: string, from: Offset, to: Offset) =>
  new HttpProblem(409, 'not-lost', `${what} Only what is gone from both can be accepted as lost.`, {
    ...(from < to && { from, to }),
  });

/** What the store has of a lane beyond the cut that holds records of the loss. */
interface Landed {
  readonly number: number;
  readonly epochs: readonly Epoch[];
  readonly stretches: StretchesDocument['stretches'];
}

/** From the documents themselves: a reader does not look at epochs that were folded together. */
function landedOf(
  { layout, store }: LossProduct,
  { name }: SourceDefinition,
  { partition, from, to }: Pick<Loss, 'partition' | 'from' | 'to'>,
): Promise<Landed> {
  const lane = laneKey(name, partition);
  const number = laneNumber(layout.sources, { source: name, partition });
  return store.snapshot(async (snapshot) => {
    const pointer = await readPointer(snapshot, layout);
    const holds = (epoch: Epoch, { start, next }: { readonly start: Offset; readonly next: Offset }) =>
      !isBehind(pointer, lane, epoch) && start < to && next > from;
    const epochs: Epoch[] = [];
    const stretches: StretchesDocument['stretches'][number][] = [];
    for await (const chunk of snapshot.scan('meta', STORE_KEYS.progressOf(layout.product)))
      for (const { key, value } of chunk)
        if (isStretchesKey(key)) {
          const document = supported('stretches', value as unknown as StretchesDocument);
          stretches.push(
            ...(document?.stretches ?? []).filter((one) => one.lane === number && holds(one.epoch, one)),
          );
        } else if (!isTroublesKey(key)) {
          const { epoch, lane: of } = parseProgressKey(key);
          const document = supported('progress', value as unknown as ProgressDocument);
          if (of === number && document !== undefined && holds(epoch, document)) epochs.push(epoch);
        }
    return { number, epochs, stretches };
  });
}

/** The product stands at the hole: speed cannot read it again, or batch cannot archive it. */
async function stands(
  { troubles }: AcceptLossDeps,
  { product }: ProductLayout,
  { name }: SourceDefinition,
  { partition }: Pick<Loss, 'partition'>,
): Promise<boolean> {
  const [of = []] = await troubles.read([product]);
  return of.some((one) => one.code === 'log-hole' && one.source === name && one.partition === partition);
}

/** Progress first: what it does not name is not read. */
async function forget(
  store: ProductStore,
  layout: ProductLayout,
  { number, epochs, stretches }: Landed,
): Promise<void> {
  const { product } = layout;
  if (epochs.length + stretches.length === 0) return;
  await store.transact(async (tx) => {
    for (const epoch of epochs) tx.delete('meta', STORE_KEYS.progress(product, epoch, number));
    const at = STORE_KEYS.stretches(product);
    const document = supported('stretches', await tx.get<StretchesDocument>('meta', at));
    if (document === undefined) return;
    const isGone = (one: (typeof stretches)[number]) =>
      stretches.some(
        ({ lane, level, epoch }) => lane === one.lane && level === one.level && epoch === one.epoch,
      );
    tx.put('meta', at, { ...document, stretches: document.stretches.filter((one) => !isGone(one)) });
  });
  for (const epoch of epochs) await deleteCells(store, layout, STORE_KEYS.speed(product, epoch, number));
  for (const { through, level } of stretches)
    await deleteCells(store, layout, STORE_KEYS.stretch(product, through, number, level));
}

async function deleteCells(store: ProductStore, layout: ProductLayout, prefix: string): Promise<void> {
  for (let gte: string | null = prefix; gte !== null;) {
    const range = { gte, lt: `${prefix}~`, limit: CHUNK };
    const found = await store.snapshot(async (snapshot) => {
      const cells: { key: string; places: ReturnType<typeof placesOf> }[] = [];
      for await (const chunk of snapshot.scan<SpeedDocument>('speed', range))
        for (const { key, value } of chunk)
          cells.push({
            key,
            places: placesOf(layout, prefix, key.slice(prefix.length), JSON.stringify(value.k)),
          });
      return cells;
    });
    await store.transact(async (tx) => {
      for (const { key, places } of found) tx.delete('speed', key, places);
    });
    gte = found.length < CHUNK ? null : keyAfter(found.at(-1)?.key as string);
  }
}
