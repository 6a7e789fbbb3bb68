/** Consumes one product's states topic and lands what it says. */
import type { PointerDocument, UnknownVersion } from '@tenon/contracts';
import { HEADERS, STORE_KEYS, TOPICS, UnsupportedVersion } from '@tenon/contracts';
import type { Offsets } from '@tenon/domain';
import { foldableGeneration } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type {
  Bus,
  Clock,
  EventLog,
  LogConsumer,
  LogReading,
  PartitionRecords,
  Logger,
  MetricSample,
  Metrics,
  ProductStore,
  Span,
  Tracer,
} from '@tenon/ports';
import { Links, NO_METRICS, NO_TRACER, within } from '@tenon/telemetry';
import type { ProductLayout } from '@tenon/views';
import { includedIn, readPointer, readView } from '@tenon/views';
import { Hints } from './hints';
import { foldClosedEpochs } from './kappa';
import { prune } from './prune';
import type { RangeQueueConfig } from './range-queue';
import { startLanding, traceStore } from './spans';
import { StallWatch } from './stall';
import { StatesReader } from './states-reader';
import type { FlushStep, Landed, Mark, Step } from './steps';
import { landSteps } from './steps';

export interface ProductDeps {
  readonly log: EventLog;
  readonly bus: Bus;
  readonly store: ProductStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  readonly tracer?: Tracer;
  readonly config: ConsumptionConfig;
}

export interface ConsumptionConfig extends RangeQueueConfig {
  /** States messages read at once. */
  readonly maxMessages: number;
  /** How long superseded rows are kept, milliseconds; longer than any read. */
  readonly graceMs: number;
  /** A transaction lands about this many cells, however many messages wait. */
  readonly landCells: number;
  /** Cells per transaction of a fold of closed epochs (Kappa). */
  readonly foldCells: number;
  /** A partition that does not get on for this long although the log has more is replayed, milliseconds. */
  readonly stallMs: number;
}

/** How often the log is told what it need not keep, milliseconds. */
const RELEASE_EVERY = 10_000;

/** After so many milliseconds without a flush a range need not leave room for one. */
const QUIET_AFTER = 250;

/** Between two parts of a range, milliseconds at most. */
const LONGEST_BREAK = 50;

/** How often it looks whether all partitions get on, milliseconds. */
const WATCH_EVERY = 2000;

export class ProductConsumer {
  private readonly stopping = new AbortController();
  private readonly reader: StatesReader;
  private folding = false;
  private readonly tracer: Tracer;
  private readonly observeTransaction: (seconds: number) => void;
  private readonly served: { pointer: PointerDocument; until: number }[] = [];
  private pruning: Promise<void> | null = null;
  private consumer!: LogConsumer;
  private generation = 0;
  private unreadable = 0;
  private readonly stall: StallWatch;
  private readonly hints: Hints;
  private flushedAt = -Infinity;
  private watchedAt = -Infinity;
  private releasedAt = -Infinity;
  private readonly totals = { applied: 0, stale: 0, gap: 0 };
  done: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: ProductDeps,
    readonly layout: ProductLayout,
  ) {
    this.stall = new StallWatch(deps.config.stallMs);
    this.reader = new StatesReader(layout, deps.config);
    this.hints = new Hints(deps, layout.plan.product);
    const { metrics = NO_METRICS, tracer = NO_TRACER } = deps;
    this.tracer = tracer;
    this.observeTransaction = metrics.histogram(
      'tenon_transaction_duration_seconds',
      'Time of a transaction that lands states.',
      { product: layout.plan.product },
    );
  }

  async start(): Promise<void> {
    const topic = TOPICS.states(this.layout.plan.product);
    await this.deps.log.ensureTopic({ name: topic, partitions: this.layout.partitions });
    // It asks how long this one is, and may be the first to start.
    const events = TOPICS.events(this.layout.plan.source);
    await this.deps.log.ensureTopic({ name: events, partitions: this.layout.partitions });
    this.generation = (
      await this.deps.store.snapshot((snapshot) => readPointer(snapshot, this.layout))
    ).generation;
    this.consumer = await this.deps.log.consume({
      topic,
      group: this.group,
      startAt: async (partition) => {
        const key = STORE_KEYS.consumed(topic, partition);
        const next = (await this.deps.store.snapshot((snapshot) => snapshot.get<number>('meta', key))) ?? 0;
        this.reader.begin(partition, next);
        const { product } = this.layout.plan;
        this.deps.logger.info(
          { product, partition, next },
          'consumption reads a partition from where it was',
        );
        return next;
      },
    });
    this.done = this.run();
    this.done.catch((error: unknown) => {
      this.deps.logger.error({ error, product: this.layout.plan.product }, 'consumption stopped');
    });
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    // Epochs that closed before a crash, but were not folded yet.
    if (this.layout.plan.topology === 'kappa') await this.foldKappa();
    let took = 0;
    while (!signal.aborted) {
      const polled = await this.consumer.poll({
        maxRecords: this.deps.config.maxMessages,
        // Between the parts of a range half of the time is left to others, if there are any.
        maxWaitMs: !this.reader.hasRange ? 1000 : this.isQuiet() ? 1 : Math.min(took, LONGEST_BREAK),
        signal,
      });
      const began = this.deps.clock.monotonic();
      // A partition that was lost and came back meanwhile begins anew already.
      for (const partition of polled.revoked)
        if (!polled.assigned.includes(partition)) this.reader.end(partition);
      await this.read(polled.batches);
      took = this.deps.clock.monotonic() - began;
      this.pruneServed();
      await this.watch();
    }
  }

  /** Lands what was read, of all partitions together: a commit costs the same for one as for many. */
  private async read(batches: readonly PartitionRecords[]): Promise<void> {
    const { reader } = this;
    const { landCells } = this.deps.config;
    let flushes: FlushStep[] = [];
    let cells = 0;
    let contexts = new Links();
    const land = async (rangeCells: number) => {
      const { ranges, marks } = reader.landing(rangeCells);
      const landing = { steps: [...flushes, ...ranges], marks, contexts };
      flushes = [];
      cells = 0;
      contexts = new Links();
      if (marks.size > 0) await this.trace(landing.steps, landing.marks, landing.contexts);
    };
    for (const { partition, records } of batches) {
      if (!reader.has(partition)) continue;
      for (const record of records) {
        const taken = reader.take(partition, record);
        if ('unreadable' in taken) {
          const { reason, newer } = taken.unreadable;
          // What stands before it lands; it and what follows is for a release that can read it.
          if (newer !== null) await land(Infinity);
          this.skip(partition, record.offset, reason, newer);
        } else if ('flush' in taken) {
          flushes.push(taken.flush);
          cells += taken.flush.cells.length;
        }
        const isUsed = 'flush' in taken || ('used' in taken && taken.used);
        if (isUsed && this.tracer.enabled) contexts.add(record.header(HEADERS.traceparent));
        if (cells >= landCells) await land(reader.share);
      }
    }
    if (flushes.length > 0) this.flushedAt = this.deps.clock.monotonic();
    await land(this.isQuiet() ? Math.max(landCells, reader.share) : reader.share);
  }

  /** No flush has come for a while: then a range lands as fast as it can. */
  private isQuiet(): boolean {
    return this.deps.clock.monotonic() - this.flushedAt > QUIET_AFTER;
  }

  /** @throws UnsupportedVersion if it is of a newer release: nothing may be passed over that another could read */
  private skip(partition: number, offset: number, reason: string, newer: UnknownVersion | null): void {
    const { product } = this.layout.plan;
    if (newer !== null)
      throw new UnsupportedVersion(
        newer,
        `${TOPICS.states(product)}, partition ${partition}, offset ${offset}`,
      );
    this.unreadable += 1;
    this.deps.logger.error({ product, partition, offset, reason }, 'unreadable states message');
  }

  /** Lands in a span, if what lands comes from one. */
  private trace(steps: readonly Step[], marks: ReadonlyMap<number, Mark>, contexts: Links): Promise<void> {
    if (contexts.empty) return this.land(steps, marks);
    const span = startLanding(this.tracer, TOPICS.states(this.layout.plan.product), steps.length, contexts);
    return within(span, () => this.land(steps, marks, span));
  }

  /** Lands the steps and the offsets to resume at, all in one transaction. */
  private async land(steps: readonly Step[], marks: ReadonlyMap<number, Mark>, span?: Span): Promise<void> {
    const { plan } = this.layout;
    const topic = TOPICS.states(plan.product);
    const began = this.deps.clock.monotonic();
    const at = this.deps.clock.now();
    const transact = () =>
      this.deps.store.transact((tx) => landSteps(tx, this.layout, topic, steps, marks, at));
    const landed = await traceStore(this.tracer, span, 'transaction', transact);
    this.observeTransaction((this.deps.clock.monotonic() - began) / 1000);
    this.reader.landed(marks);
    this.totals.applied += landed.counts.applied;
    this.totals.stale += landed.counts.stale;
    this.totals.gap += landed.counts.gap;
    this.tell(landed, span);
    void this.release(topic, marks);
    if (landed.closed && plan.topology === 'kappa') await this.foldKappa(span);
  }

  /** What has landed need not be kept in the log; a hint that the log may take when it likes. */
  private async release(topic: string, marks: ReadonlyMap<number, Mark>): Promise<void> {
    const now = this.deps.clock.monotonic();
    if (now - this.releasedAt < RELEASE_EVERY) return;
    this.releasedAt = now;
    const done = [...marks].filter(([, { resume, next }]) => resume === next);
    const offsets = Object.fromEntries(done.map(([partition, { resume }]) => [partition, resume]));
    await this.deps.log.deleteBefore(topic, offsets).catch(() => undefined);
  }

  private async foldKappa(span?: Span): Promise<void> {
    const { store, clock, config } = this.deps;
    this.folding = true;
    const fold = () => foldClosedEpochs(store, clock, this.layout, config.foldCells);
    const generation = await traceStore(this.tracer, span, 'fold', fold).finally(
      () => (this.folding = false),
    );
    if (generation === null) return;
    this.moved(await store.snapshot((snapshot) => readPointer(snapshot, this.layout)), span);
  }

  private tell(landed: Landed, span: Span | undefined): void {
    this.hints.gaps(landed.gaps);
    if (landed.moved !== null) this.moved(landed.moved, span);
    if (landed.counts.applied > 0) this.hints.changed(landed, span);
  }

  /**
   * Asks speed to replay partitions of this instance that stand still, see StallWatch. And looks at what other instances
   * have done, or were about to do when they died: what they serve, and epochs that they closed and did not fold.
   */
  private async watch(): Promise<void> {
    const { log, store, clock } = this.deps;
    const now = clock.monotonic();
    if (now - this.watchedAt < WATCH_EVERY) return;
    this.watchedAt = now;
    const view = await store.snapshot((snapshot) => readView(snapshot, this.layout));
    this.generation = Math.max(this.generation, view.pointer.generation);
    if (
      this.layout.plan.topology === 'kappa' &&
      foldableGeneration([...view.reaches.values()]) > this.generation
    )
      await this.foldKappa();
    let end: Offsets;
    try {
      end = await log.endOffsets(TOPICS.events(this.layout.plan.source));
    } catch (error) {
      // With the log away nothing can be told, and nothing is lost by looking later.
      if (error instanceof TenonError && error.details.retryable === true) return;
      throw error;
    }
    const stalled = this.stall.check(now, includedIn(view), end);
    this.hints.askForReplay(stalled.filter((partition) => this.reader.has(partition)));
  }

  /** The pointer has moved: say so, and remember when what lies behind it may go. */
  private moved(pointer: PointerDocument, span?: Span): void {
    const { clock, config } = this.deps;
    this.generation = pointer.generation;
    this.served.push({ pointer, until: clock.monotonic() + config.graceMs });
    this.hints.served(pointer, span);
  }

  /** Deletes what lies behind generations that are long served, while it goes on. */
  private pruneServed(): void {
    if (this.pruning !== null) return;
    const { clock, logger } = this.deps;
    const now = clock.monotonic();
    let last: PointerDocument | undefined;
    while (this.served[0] !== undefined && this.served[0].until <= now) last = this.served.shift()?.pointer;
    if (last === undefined) return;
    const { product } = this.layout.plan;
    this.pruning = prune(this.deps, this.layout, last, this.stopping.signal)
      .then(
        (deleted) => logger.debug({ product, deleted }, 'pruned'),
        (error: unknown) => logger.warn({ error, product }, 'pruning failed; the next one does its work too'),
      )
      .finally(() => (this.pruning = null));
  }

  /** The generation that this instance knows to be served. */
  servedGeneration(): number {
    return this.generation;
  }

  private get group(): string {
    return `tenon-consumption-${this.layout.plan.product}`;
  }

  reading(): LogReading {
    return {
      topic: TOPICS.states(this.layout.plan.product),
      group: this.group,
      next: this.reader.position(),
      busy: this.folding,
    };
  }

  /** Flushes and ranges by what became of them. */
  outcomes(): MetricSample[] {
    const { product } = this.layout.plan;
    return Object.entries({ ...this.totals, unreadable: this.unreadable }).map(([outcome, value]) => ({
      labels: { product, outcome },
      value,
    }));
  }

  status(): Record<string, unknown> {
    return {
      product: this.layout.plan.product,
      generation: this.generation,
      ...this.totals,
      unreadable: this.unreadable,
    };
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done.catch(() => undefined);
    await this.pruning;
    await this.consumer.close();
  }
}
