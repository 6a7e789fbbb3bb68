/**
 * The products of a source that are not where its live reader is: new ones, those that are served at an older cut, those that
 * consumption asks to have replayed, and those that failed, which rest before they begin again from their cut. All of it belongs
 * to a lane of the live reader, and ends with it. Methods are called by the live reader's loop alone, unless they say otherwise.
 */
import type { EpochCursor, Lane, Offset, Partition, ProductId, SourceDefinition } from '@tenon/domain';
import { FIRST_EPOCH, laneKey } from '@tenon/domain';
import { isPassing } from '@tenon/errors';
import type { Holes } from '@tenon/loops';
import { Patience, RecordsMissing, describeTrouble, isHole, isLasting } from '@tenon/loops';
import type { Trouble } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import type { CatchUpDeps } from './catch-up';
import { CatchUp } from './catch-up';
import type { FailedProduct } from './fold';
import type { LetterBox } from './letter-box';
import type { LivePartition } from './partition';
import { Recovered } from './recovered';

/** How often it looks whether a product that rests can go on, milliseconds. */
const LOOK_EVERY = 1000;
/** Another instance may have taken it out of the book, or written something into it, milliseconds. */
const TELL_EVERY = 60_000;
/** What is gone may have been put back, or its loss accepted, milliseconds. */
const LOOK_FOR_MISSING_EVERY = 10_000;

/** A product that has failed in a lane, until it is well again. */
interface Failed {
  readonly live: LivePartition;
  readonly layout: ProductLayout;
  readonly error: unknown;
  /** A cut above it spares the product what it failed at. */
  readonly at: Offset;
  /** By the monotonic clock. */
  readonly since: number;
  /** When it was written down last, by the monotonic clock. */
  toldAt: number;
  /** It has begun again, and is not well yet. */
  isTrying: boolean;
}

export class CatchUps {
  private readonly running = new Set<CatchUp>();
  /** `<partition>/<product>` → why it is not well. */
  private readonly broken = new Map<string, Failed>();
  private readonly patience: Patience;
  private readonly asked = new Map<string, { readonly product: ProductId; readonly partition: Partition }>();
  private readonly recovered: Recovered;
  private lookedAt = -Infinity;
  private sweptAt: number;
  /** The book is written beside the loop, in order. */
  private writing: Promise<void> = Promise.resolve();

  /** @param held what the live reader holds @param cellsOf how many cells are held of a product, here and there */
  constructor(
    private readonly deps: CatchUpDeps,
    private readonly source: SourceDefinition,
    private layouts: readonly ProductLayout[],
    private readonly held: ReadonlyMap<Partition, LivePartition>,
    private readonly letters: LetterBox,
    private readonly holes: Pick<Holes, 'stands'>,
    private readonly cellsOf: (product: ProductId) => number,
  ) {
    this.patience = new Patience(deps.clock);
    // What the reader says of holes is its own to take back; what it went past is missing until the next start.
    const stays = (one: Trouble, { partition }: Lane) =>
      isHole(one) && (one.code === 'dedupe-hole' || this.holes.stands(partition));
    this.recovered = new Recovered(deps.troubles, stays);
    this.sweptAt = deps.clock.monotonic();
  }

  /** Goes on with other products: those that are gone are forgotten here. */
  change(layouts: readonly ProductLayout[]): void {
    const gone = this.layouts.filter((one) => !layouts.includes(one)).map(({ product }) => product);
    this.layouts = layouts;
    for (const product of gone) for (const catchUp of this.running) catchUp.drop(product);
    for (const [key, { product }] of this.asked) if (gone.includes(product)) this.asked.delete(key);
    for (const [key, { layout }] of this.broken)
      if (gone.includes(layout.product)) {
        this.broken.delete(key);
        this.patience.well(key);
      }
  }

  /** Where products begin in a lane: at the cut that is served. */
  async cursors(lane: Lane, layouts: readonly ProductLayout[]): Promise<readonly EpochCursor[]> {
    const key = laneKey(lane.source, lane.partition);
    const pointers = await this.deps.pointers.read(layouts.map(({ plan }) => plan));
    return pointers.map((pointer) => {
      const cursor = { epoch: pointer?.epochs[key] ?? 0, start: pointer?.cut[key] ?? 0 };
      return cursor.start === 0 ? FIRST_EPOCH : cursor;
    });
  }

  /** Products begin at their cuts beside a lane: those that begin at the same one together. */
  begin(live: LivePartition, layouts: readonly ProductLayout[], cursors: readonly EpochCursor[]): void {
    const starts = new Map<Offset, { readonly cursor: EpochCursor; readonly layouts: ProductLayout[] }>();
    layouts.forEach((layout, index) => {
      const cursor = cursors[index] ?? FIRST_EPOCH;
      const start = starts.get(cursor.start) ?? { cursor, layouts: [] };
      start.layouts.push(layout);
      starts.set(cursor.start, start);
    });
    for (const { cursor, layouts: together } of starts.values()) {
      const read = (of: readonly ProductLayout[]) => this.cursors(live.lane, of);
      const catchUp = new CatchUp(
        this.deps,
        this.source,
        live,
        together,
        cursor,
        read,
        this.letters,
        this.cellsOf,
      );
      const products = together.map(({ product }) => product);
      this.deps.logger.info(
        { ...live.lane, ...cursor, products, to: live.judge.next },
        'speed catches up beside the live reader',
      );
      this.running.add(catchUp);
      catchUp.start();
    }
  }

  /**
   * Consumption asks for a replay; at any time. Of a product that is at it already nothing is begun anew.
   *
   * @param included what has landed of a lane that stands still: nothing is missing if no more was flushed
   */
  ask(product: ProductId, partition: Partition, included?: Offset): void {
    const open = this.held.get(partition)?.products.get(product);
    if (open === undefined || (included !== undefined && open.flushedTo <= included)) return;
    this.asked.set(`${partition}/${product}`, { product, partition });
  }

  /** A product that left its lanes rests, and is written down. */
  fail({ product, lives, error }: FailedProduct): void {
    const layout = this.layouts.find((one) => one.product === product);
    if (layout === undefined) return;
    for (const { lane, judge } of lives) {
      const live = this.held.get(lane.partition);
      if (live === undefined) continue;
      const key = `${lane.partition}/${product}`;
      this.patience.failed(key);
      this.deps.logger.error({ error, product, ...lane }, 'a product failed alone; the others go on');
      const before = this.broken.get(key);
      const isSame = before !== undefined && reasonOf(before.error) === reasonOf(error);
      const toldAt = isSame ? before.toldAt : -Infinity;
      this.recovered.drop(product, lane);
      this.broken.set(key, {
        live,
        layout,
        error,
        at: judge.next,
        since: this.deps.clock.monotonic(),
        toldAt,
        isTrying: false,
      });
    }
  }

  /** What is due while the live reader stands still between two polls. @param isReplaying see `ask` */
  async tend(isReplaying: (live: LivePartition) => boolean): Promise<void> {
    for (const catchUp of this.running) await this.joinOne(catchUp);
    const now = this.deps.clock.monotonic();
    if (now - this.lookedAt >= LOOK_EVERY) {
      this.lookedAt = now;
      for (const [key, failed] of [...this.broken]) await this.unlessAway(() => this.lookAfter(key, failed));
      if (now - this.sweptAt >= TELL_EVERY) this.sweep(isReplaying, now);
      if (this.recovered.isDue) this.clearRecovered();
    }
    if (this.asked.size > 0) await this.unlessAway(() => this.replayAsked(isReplaying));
  }

  /** Somebody who has lost a lane, and did not know, may have written down what it failed at. */
  private sweep(isReplaying: (live: LivePartition) => boolean, now: number): void {
    this.sweptAt = now;
    for (const live of this.held.values())
      if (!isReplaying(live))
        for (const product of live.products.keys()) this.recovered.add(product, live.lane);
  }

  /** With the store away it is looked at again later: nobody who is live waits for it. */
  private async unlessAway(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
  }

  private async joinOne(catchUp: CatchUp): Promise<void> {
    const { live } = catchUp;
    const joined = await catchUp.join();
    for (const failed of catchUp.failed()) this.fail(failed);
    for (const product of joined) this.well(product, live.lane);
    if (joined.length > 0)
      this.deps.logger.info({ ...live.lane, at: live.judge.next, products: joined }, 'speed has caught up');
    if (catchUp.products.length > 0) return;
    this.running.delete(catchUp);
    await catchUp.stop();
  }

  /** Begins a product again whose pause is over, or whose failure lies behind a cut that is served by now. */
  private async lookAfter(key: string, failed: Failed): Promise<void> {
    const { live, layout } = failed;
    if (this.deps.clock.monotonic() - failed.toldAt >= TELL_EVERY) this.tell(failed);
    if (failed.isTrying) return;
    const [cursor = FIRST_EPOCH] = await this.cursors(live.lane, [layout]);
    const isMissing = failed.error instanceof RecordsMissing;
    const isDue =
      ((isMissing || !isLasting(failed.error)) && this.patience.isOver(key)) ||
      (isMissing && this.deps.clock.monotonic() - failed.since >= LOOK_FOR_MISSING_EVERY);
    if (!isDue && cursor.start <= failed.at) return;
    failed.isTrying = true;
    this.begin(live, [layout], [cursor]);
  }

  /** A lane that is replayed as a whole is not begun anew: if something is missing then, consumption asks again. */
  private async replayAsked(isReplaying: (live: LivePartition) => boolean): Promise<void> {
    const asked = [...this.asked.values()];
    for (const [partition, live] of this.held) {
      if (isReplaying(live)) continue;
      const layouts = this.layouts.filter(
        ({ product }) =>
          live.products.has(product) &&
          asked.some((one) => one.partition === partition && one.product === product),
      );
      if (layouts.length === 0) continue;
      const cursors = await this.cursors(live.lane, layouts);
      for (const { product } of layouts) live.products.delete(product);
      const products = layouts.map(({ product }) => product);
      this.deps.logger.warn({ ...live.lane, products }, 'speed replays products that missed a flush');
      this.begin(live, layouts, cursors);
    }
    this.asked.clear();
  }

  /** A product is well in a lane: what speed wrote down of it before is over. */
  well(product: ProductId, { source, partition }: Lane): void {
    this.patience.well(`${partition}/${product}`);
    this.broken.delete(`${partition}/${product}`);
    this.recovered.add(product, { source, partition });
    this.clearRecovered(product);
  }

  private clearRecovered(product?: ProductId): void {
    this.write(product, () => this.recovered.clear()).catch(() => undefined);
  }

  /** What was said of a partition has been taken back: what is said here still holds. */
  tellAgain(partition: Partition): void {
    for (const failed of this.broken.values())
      if (failed.live.lane.partition === partition) failed.toldAt = -Infinity;
  }

  private tell(failed: Failed): void {
    const { live, layout, error } = failed;
    const { product } = layout;
    const missing = error instanceof RecordsMissing ? { from: error.hole.from, to: error.hole.to } : {};
    const trouble = { layer: 'speed' as const, ...describeTrouble(error), ...live.lane, ...missing };
    failed.toldAt = this.deps.clock.monotonic();
    const report = () => this.deps.troubles.report(product, trouble);
    this.write(product, report).catch(() => (failed.toldAt = -Infinity));
  }

  private write(product: ProductId | undefined, work: () => Promise<void>): Promise<void> {
    const written = this.writing.then(work);
    this.writing = written.catch((error: unknown) =>
      this.deps.logger.warn({ error, product }, 'the book of troubles can’t be written'),
    );
    return written;
  }

  /** The live reader has lost a lane, or begins it anew. */
  async end(partition: Partition): Promise<void> {
    this.recovered.end({ source: this.source.name, partition });
    for (const [key, { live }] of this.broken)
      if (live.lane.partition === partition) {
        this.broken.delete(key);
        this.patience.well(key);
      }
    for (const catchUp of this.running) {
      if (catchUp.live.lane.partition !== partition) continue;
      this.running.delete(catchUp);
      await catchUp.stop();
    }
  }

  /** Why products stand still, in words. */
  degraded(): readonly string[] {
    return [...this.broken.values()].map(
      ({ live, layout, error }) => `${layout.product}, ${live.place}: ${reasonOf(error)}`,
    );
  }

  /** True if no product is well in any lane. */
  isIdle(): boolean {
    const lanes = [...this.held.keys()];
    return (
      lanes.length > 0 &&
      lanes.every((partition) =>
        this.layouts.every(({ product }) => this.broken.has(`${partition}/${product}`)),
      )
    );
  }

  status(): readonly Record<string, unknown>[] {
    return [...this.running].map(({ live, products, next }) => ({
      ...{ partition: live.lane.partition, products, next, to: live.judge.next },
    }));
  }

  /** Cells that are held of a product; absent: of all. */
  cells(product?: ProductId): number {
    return [...this.running].reduce((sum, one) => sum + one.cells(product), 0);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running].map((catchUp) => catchUp.stop()));
    await this.writing;
  }
}

/**
 * The live reader begins at the newest cut of its products; whoever is behind catches up.
 *
 * @param gone who begins before it catches up too: whether that needs what is gone is for each product to say
 */
export function splitByCut(
  layouts: readonly ProductLayout[],
  cursors: readonly EpochCursor[],
  gone: Offset = 0,
): { readonly cursor: EpochCursor; readonly live: ProductLayout[]; readonly behind: ProductLayout[] } {
  const cursor = cursors.reduce((newest, one) => (one.start > newest.start ? one : newest), FIRST_EPOCH);
  const isLive = (_: ProductLayout, index: number) =>
    cursors[index]?.start === cursor.start && cursor.start >= gone;
  return {
    cursor,
    live: layouts.filter(isLive),
    behind: layouts.filter((layout, index) => !isLive(layout, index)),
  };
}

const reasonOf = (error: unknown): string => describeTrouble(error).reason;
