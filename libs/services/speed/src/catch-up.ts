/**
 * Brings products of one lane to where the live reader is, beside it: it reads the log with a cursor and a judge of its own, in a
 * share of the time (see `Pace`), and hands the products over where both have judged the same records.
 */
import { TOPICS } from '@tenon/contracts';
import type { EpochCursor, Offset, ProductId, SourceDefinition } from '@tenon/domain';
import { Unavailable, isPassing } from '@tenon/errors';
import type { Hole } from '@tenon/loops';
import { Outage, RecordsMissing, holeOf } from '@tenon/loops';
import type { LogRecord } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { goesOnAt, sparedBy } from './aged';
import type { SpeedDeps } from './deps';
import type { FailedProduct } from './fold';
import { Folder } from './fold';
import type { LetterBox } from './letter-box';
import type { LiveWork } from './live-work';
import { Pace } from './pace';
import { LivePartition } from './partition';
import { readRound } from './records';
import { Throttle } from './throttle';

/** A chunk is to take about so long, milliseconds: the live reader shares the engine and the thread. */
const CHUNK_MS = 10;
const SMALLEST_CHUNK = 500;
/** The live reader stands still while the last records before it are folded: so many at most. */
const NEAR_RECORDS = 2000;
/** How often it looks whether a cut is served by now that spares it records, milliseconds. */
const LOOK_EVERY = 2000;
/**
 * What changed in an open epoch is handed over so often, milliseconds, or when so many cells have changed: states are absolute, so
 * cells that change again need not land in between, and landing is what costs the neighbours most.
 */
const FLUSH_EVERY = 2000;
const FLUSH_CELLS = 10_000;

export interface CatchUpDeps extends SpeedDeps {
  readonly work: LiveWork;
}

/** From where each product is to be folded in a lane. */
export type ReadCursors = (layouts: readonly ProductLayout[]) => Promise<readonly EpochCursor[]>;

export class CatchUp {
  private held: LivePartition;
  /** The next offset to read: before the judge's where the dedupe window is read. */
  private at: Offset;
  private chunk = SMALLEST_CHUNK;
  private lookedAt: number;
  private flushedAt: number;
  private readonly pace = new Pace();
  private readonly stopping = new AbortController();
  private readonly folder: Folder;
  private readonly outage: Outage;
  private readonly throttle: Throttle;
  private readonly failures: FailedProduct[] = [];
  private readonly dropped = new Set<ProductId>();
  private running: Promise<void> = Promise.resolve();
  private near = false;

  /** @param live what it is to meet @param cursor where it begins */
  constructor(
    private readonly deps: CatchUpDeps,
    private readonly source: SourceDefinition,
    readonly live: LivePartition,
    private readonly layouts: readonly ProductLayout[],
    cursor: EpochCursor,
    private readonly cursors: ReadCursors,
    letters: LetterBox,
    cellsOf: (product: ProductId) => number,
  ) {
    this.folder = new Folder(deps, source, layouts, letters, cellsOf, undefined, () => this.holdsBack());
    const { source: name, partition } = live.lane;
    this.throttle = new Throttle(
      deps.clock,
      deps.throttle,
      layouts.map(({ plan }) => plan),
      source.partitions,
    );
    this.outage = new Outage(deps, `catching up with ${name}, partition ${partition}`);
    this.held = this.from(cursor, layouts);
    this.at = this.held.judge.readFrom;
    this.lookedAt = this.flushedAt = deps.clock.monotonic();
  }

  /** Where the live reader is near, nothing is: it goes on with what is left to hand over. */
  private holdsBack(): boolean {
    const now = this.deps.clock.monotonic();
    const isFar = this.live.judge.next - this.next > NEAR_RECORDS;
    const changed = Math.max(0, ...[...this.held.products.values()].map((open) => open.unflushed));
    if (isFar && changed < FLUSH_CELLS && now - this.flushedAt < FLUSH_EVERY) return true;
    this.flushedAt = now;
    return false;
  }

  private from(cursor: EpochCursor, layouts: readonly ProductLayout[]): LivePartition {
    const wanted = layouts.filter(({ product }) => !this.dropped.has(product));
    return new LivePartition(this.live.lane, cursor, this.source.dedupe.window, wanted);
  }

  /** A product is wanted no more; at any time. */
  drop(product: ProductId): void {
    this.dropped.add(product);
    this.held.products.delete(product);
  }

  get products(): readonly ProductId[] {
    return [...this.held.products.keys()];
  }

  /** The next offset that it folds. */
  get next(): Offset {
    return this.held.judge.next;
  }

  /** Cells that are held of a product; absent: of all. */
  cells(product?: ProductId): number {
    return this.held.cells(product);
  }

  start(): void {
    this.running = this.run();
  }

  /** Products that could not go on, once. */
  failed(): FailedProduct[] {
    const failed = [...this.failures.splice(0), ...this.folder.failed()];
    return failed.filter(({ product }) => !this.dropped.has(product));
  }

  /**
   * To be called while the live reader stands still: folds what is left, if it is little, and hands the products over.
   *
   * @returns the products that are live now; none: not yet
   */
  async join(): Promise<readonly ProductId[]> {
    if (!this.near) return [];
    try {
      while (this.next < this.live.judge.next) await this.fold(await this.read(NEAR_RECORDS));
      this.failures.push(...(await this.folder.settle()));
    } catch (error) {
      this.resume(error);
      return [];
    }
    if (!this.live.meets(this.held)) {
      this.resume(null);
      return [];
    }
    const { products } = this;
    this.live.join(this.held);
    return products;
  }

  private resume(error: unknown): void {
    this.near = false;
    this.running = this.run(error);
  }

  private async run(before: unknown = null): Promise<void> {
    const { signal } = this.stopping;
    let error = before;
    while (!signal.aborted && this.held.products.size > 0 && !this.near) {
      try {
        if (error !== null) await this.outage.wait(error, signal);
        error = null;
        await this.step(signal);
        this.outage.over();
      } catch (another) {
        if (signal.aborted) return;
        error = another;
        if (!isPassing(another)) this.giveUp(another);
      }
    }
  }

  private giveUp(error: unknown): void {
    for (const product of this.products) this.failures.push({ product, lives: [this.held], error });
    this.held.products.clear();
  }

  /** A chunk, between two pieces of live work, and a pause. */
  private async step(signal: AbortSignal): Promise<void> {
    const { clock, config } = this.deps;
    await this.throttle.wait(this.next, signal);
    await this.deps.work.idle();
    const began = clock.monotonic();
    const from = this.next;
    await this.skipWhatIsServed(began);
    const ahead = this.live.judge.next - this.next;
    if (ahead >= 0 && ahead <= NEAR_RECORDS) {
      this.failures.push(...(await this.folder.settle()));
      this.near = true;
      return;
    }
    if (ahead > 0) await this.fold(await this.read(Math.min(this.chunk, this.throttle.most)));
    const took = clock.monotonic() - began;
    const wanted = Math.round((this.chunk * CHUNK_MS) / Math.max(took, 1));
    this.chunk = Math.min(config.maxRecords, Math.max(SMALLEST_CHUNK, Math.min(wanted, this.chunk * 2)));
    if (ahead <= 0) return clock.sleep(LOOK_EVERY / 10, signal);
    const live = this.live.judge.next;
    await clock.sleep(
      this.pace.rest(took, this.next - from, live, began + took, this.deps.work.isQuiet),
      signal,
    );
  }

  /** A generation that has come meanwhile holds what need not be folded any more: in Lambda batch may be quicker. */
  private async skipWhatIsServed(now: number): Promise<void> {
    if (now - this.lookedAt < LOOK_EVERY) return;
    this.lookedAt = now;
    const { products } = this;
    const layouts = this.layouts.filter(({ product }) => products.includes(product));
    const cursor = oldestOf(await this.cursors(layouts));
    if (cursor.start <= this.next) return;
    this.failures.push(...(await this.folder.settle()));
    this.held = this.from(cursor, layouts);
    this.at = this.held.judge.readFrom;
  }

  /** The next records that the live reader has judged. @throws Unavailable where the log does not give them */
  private async read(maxRecords: number): Promise<readonly LogRecord[]> {
    const { name } = this.source;
    const { partition } = this.live.lane;
    const to = this.live.judge.next;
    const records = await this.deps.log.read(TOPICS.events(name), partition, this.at, { maxRecords });
    const known = records.filter(({ offset }) => offset < to);
    const first = records[0]?.offset;
    if (first !== this.at && (await this.goesOnBehind(first))) return this.read(maxRecords);
    if (known.length === 0)
      throw new Unavailable(`${this.live.place}: the log gives nothing from offset ${this.at} on.`);
    return known;
  }

  /**
   * Gaps within a log, or within its older part, are legitimate; what its start has passed and nobody has kept is missing.
   *
   * @param first what came when `at` was asked for; undefined: nothing
   * @returns true: what is missing was passed over
   * @throws RecordsMissing
   */
  private async goesOnBehind(first: Offset | undefined): Promise<boolean> {
    const { log, troubles } = this.deps;
    const { lane } = this.live;
    const topic = TOPICS.events(lane.source);
    const start = (await log.startOffsets(topic))[String(lane.partition)] ?? 0;
    if (start <= this.at) return false;
    if (first !== undefined && first < start) {
      // It came from the older part, or the log's start has moved since: now it is known which.
      const [again] = await log.read(topic, lane.partition, this.at, { maxRecords: 1 });
      if (again !== undefined && again.offset < start) return false;
    }
    const goesOn = await goesOnAt(this.deps, lane, this.at, start);
    const displaced = { partition: lane.partition, wanted: this.at, start: goesOn, end: start };
    const hole = holeOf(lane.source, this.next, displaced);
    if (hole.code !== 'dedupe-hole') return this.passOver(hole);
    for (const product of this.products) await troubles.report(product, { layer: 'speed', ...lane, ...hole });
    return false;
  }

  /** Products that need what is gone leave. @throws RecordsMissing if all do */
  private async passOver(hole: Hole): Promise<boolean> {
    const { held, live } = this;
    const records = hole.to - held.judge.next;
    for (const [product, open] of [...held.products]) {
      const horizon = await sparedBy(this.deps, live, open.layout.plan, hole);
      if (horizon !== null) open.passOver(records, horizon);
      else {
        held.products.delete(product);
        this.failures.push({ product, lives: [held], error: new RecordsMissing(hole) });
      }
    }
    if (held.products.size === 0) throw new RecordsMissing(hole);
    held.judge.passOver(hole.to);
    this.at = hole.to;
    this.deps.logger.info(
      { ...live.lane, ...hole },
      'records that went because of their age are passed over',
    );
    return true;
  }

  private async fold(records: readonly LogRecord[]): Promise<void> {
    const { held } = this;
    for (let used = 0; used < records.length;) {
      const round = readRound(held, records, used);
      used += round.used;
      this.failures.push(...(await this.folder.fold([{ live: held, round }])));
    }
    this.at = (records.at(-1) as LogRecord).offset + 1;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.folder.giveUp();
    await this.running.catch(() => undefined);
    await this.folder.drain().catch(() => undefined);
  }
}

/** The one that begins first. */
export const oldestOf = (cursors: readonly EpochCursor[]): EpochCursor =>
  cursors.reduce((oldest, one) => (one.start < oldest.start ? one : oldest));
