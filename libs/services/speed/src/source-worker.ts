/** Folds the live log of one source for all products that read it. */
import { GROUPS, SUBJECTS, TOPICS, eventsTopic, readReplayHint } from '@tenon/contracts';
import type { Offset, Partition, ProductId, SourceDefinition } from '@tenon/domain';
import type { Displaced, LogReading, MetricSample, Span, Subscription } from '@tenon/ports';
import type { PartitionRead } from '@tenon/loops';
import { Holes, TopicReader, TroubleDesk, readFrom } from '@tenon/loops';
import { NO_METRICS, NO_TRACER } from '@tenon/telemetry';
import type { ProductLayout } from '@tenon/views';
import { agedTo } from './aged';
import { CatchUps, splitByCut } from './catch-ups';
import type { SpeedDeps } from './deps';
import type { FailedProduct, LaneRound } from './fold';
import { Folder } from './fold';
import { LetterBox } from './letter-box';
import { LiveWork } from './live-work';
import { LivePartition } from './partition';
import { readRound } from './records';
import { traceMicroBatch } from './spans';

/** A micro-batch of so many records need not wait for more. */
const FEW_RECORDS = 256;

export class SourceWorker {
  private readonly reader: TopicReader<LivePartition>;
  private readonly subscriptions = new Map<ProductId, Subscription>();
  private readonly totals = { events: 0, microBatches: 0, busyMs: 0, duplicates: 0 };
  private readonly observeMicroBatch: (seconds: number) => void;
  private readonly holes: Holes;
  private readonly letterBox: LetterBox;
  private readonly folder: Folder;
  private readonly catchUps: CatchUps;
  /** Lanes that were begun anew → where the log ended then: until there everything is a replay. */
  private readonly replays = new Map<LivePartition, Offset>();
  /** What was begun of the source and has not ended. */
  private readonly lives = new Set<LivePartition>();
  /** Of `layouts`. */
  private readonly products: Set<ProductId>;
  private readonly desk: TroubleDesk;

  constructor(
    private readonly deps: SpeedDeps,
    private readonly source: SourceDefinition,
    private layouts: readonly ProductLayout[],
    private readonly work = new LiveWork(deps.clock),
  ) {
    const { metrics = NO_METRICS, config } = deps;
    const labels = { source: source.name };
    this.observeMicroBatch = metrics.histogram(
      'tenon_micro_batch_duration_seconds',
      'Time to fold one micro-batch and hand over what changed.',
      labels,
    );
    const observeFlush = metrics.histogram(
      'tenon_flush_duration_seconds',
      'Time until the log had taken the flushes of one micro-batch.',
      labels,
    );
    const products = new Set(layouts.map(({ product }) => product));
    this.products = products;
    this.desk = new TroubleDesk(deps, 'speed', products, { source: source.name });
    this.reader = new TopicReader(deps, {
      topic: TOPICS.events(source.name),
      group: GROUPS.speed(source.name),
      maxRecords: config.maxRecords,
      prepare: () => deps.log.ensureTopic(eventsTopic(source)),
      begin: (partition) => this.begin(partition),
      end: (live, partition) => this.end(live, partition),
      take: (read) => this.take(read),
      displaced: (live, displaced) => this.displaced(live, displaced),
      reads: async (_, partition) => {
        await this.holes.over(partition);
        this.catchUps.tellAgain(partition);
      },
      afterPoll: () => this.tend(),
      alone: this.desk.of('reader'),
    });
    this.holes = new Holes(deps, { layer: 'speed', source: source.name, products });
    this.letterBox = new LetterBox(deps, source);
    const cellsOf = (product: ProductId) => this.heldCells(product);
    this.folder = new Folder(deps, source, layouts, this.letterBox, cellsOf, observeFlush);
    const { held } = this.reader;
    this.catchUps = new CatchUps(
      { ...deps, work },
      source,
      layouts,
      held,
      this.letterBox,
      this.holes,
      cellsOf,
    );
  }

  get done(): Promise<void> {
    return this.reader.done;
  }

  /** What it waits for, in words; null: nothing. */
  get trouble(): string | null {
    if (this.catchUps.isIdle()) return this.degraded()[0] ?? null;
    return this.reader.trouble ?? this.folder.trouble;
  }

  /** Why products stand still while others go on, in words. */
  degraded(): readonly string[] {
    return this.catchUps.degraded();
  }

  async start(): Promise<void> {
    const { log } = this.deps;
    const { name } = this.source;
    await log.ensureTopic({ name: TOPICS.deadLetters(name), partitions: 1 });
    for (const layout of this.layouts) await this.open(layout);
    await this.reader.start();
  }

  private async open({ product, lanes }: ProductLayout): Promise<void> {
    const { log, bus } = this.deps;
    await log.ensureTopic({ name: TOPICS.flushes(product), partitions: lanes.length });
    // Consumption asks where it missed a flush.
    const asked = ({ payload }: { readonly payload: unknown }) => {
      const lane = readReplayHint(payload);
      if (lane?.source === this.source.name) this.catchUps.ask(product, lane.partition, lane.included);
    };
    this.subscriptions.set(product, await bus.subscribe(SUBJECTS.replay(product), asked));
  }

  /** Goes on with other products: who is new begins at its cut and catches up; those that stay are not interrupted. */
  async change(next: readonly ProductLayout[]): Promise<void> {
    const layouts = sameStates(next, this.layouts);
    const added = layouts.filter((one) => !this.layouts.includes(one));
    const gone = this.layouts.filter((one) => !layouts.includes(one));
    for (const layout of added) await this.open(layout);
    await this.reader.between(async () => {
      const lives = [...this.lives];
      this.layouts = layouts;
      for (const { product } of gone) {
        this.products.delete(product);
        for (const live of lives) live.products.delete(product);
      }
      for (const { product } of added) this.products.add(product);
      this.catchUps.change(layouts);
      await this.folder.change(layouts);
      for (const { product } of added) {
        this.desk.joined(product);
        await this.holes.joined(product);
      }
      if (added.length > 0)
        for (const live of lives) {
          const cursors = await this.catchUps.cursors(live.lane, added);
          if (this.lives.has(live)) this.catchUps.begin(live, added, cursors);
        }
    });
    for (const { product } of gone) {
      await this.subscriptions.get(product)?.close();
      this.subscriptions.delete(product);
    }
  }

  /** From the newest cut that one of its products is served at, less the dedupe window; the others catch up. */
  private async begin(partition: Partition): Promise<{ from: Offset; held: LivePartition }> {
    const lane = { source: this.source.name, partition };
    let { layouts } = this;
    let cursors = await this.catchUps.cursors(lane, layouts);
    const topic = TOPICS.events(lane.source);
    const [ends, starts] = [await this.deps.log.endOffsets(topic), await this.deps.log.startOffsets(topic)];
    const gone = await agedTo(this.deps, lane, starts[String(partition)] ?? 0);
    // From here on a change finds this lane.
    while (layouts !== this.layouts) {
      layouts = this.layouts;
      cursors = await this.catchUps.cursors(lane, layouts);
    }
    const { cursor, live, behind } = splitByCut(layouts, cursors, gone);
    const held = new LivePartition(lane, cursor, this.source.dedupe.window, live);
    this.lives.add(held);
    this.replays.set(held, ends[String(partition)] ?? 0);
    this.deps.logger.info({ ...lane, ...held.judge.cursor }, 'speed reads a partition from its cut');
    const indexOf = (layout: ProductLayout) => layouts.indexOf(layout);
    this.catchUps.begin(
      held,
      behind,
      behind.map((layout) => cursors[indexOf(layout)] ?? cursor),
    );
    return { from: readFrom(held.judge, ends[String(partition)] ?? 0), held };
  }

  /** Where all products catch up, what each lacks is theirs to say. */
  private async displaced(live: LivePartition, displaced: Displaced): Promise<'stand' | 'pass'> {
    const { wanted, start, held } = displaced;
    if (live.products.size > 0 || wanted >= start || held !== undefined)
      return this.holes.found(live.judge, displaced);
    live.judge.passOver(start);
    return 'pass';
  }

  private async end(live: LivePartition, partition: Partition): Promise<void> {
    this.lives.delete(live);
    this.replays.delete(live);
    await this.catchUps.end(partition);
  }

  private async take(read: readonly PartitionRead<LivePartition>[]): Promise<void> {
    const { clock, config } = this.deps;
    const began = clock.monotonic();
    await this.work.during(() => this.foldAll(read));
    const took = clock.monotonic() - began;
    this.totals.busyMs += took;
    this.observeMicroBatch(took / 1000);
    // Few events: wait as long as they took, so that half of the time is left to others.
    const records = read.reduce((sum, one) => sum + one.records.length, 0);
    if (records < FEW_RECORDS) await clock.sleep(Math.min(config.lingerMs, took), this.reader.signal);
  }

  /** In rounds that take every partition up to its next barrier, so that an engine run covers all of them. */
  private async foldAll(read: readonly PartitionRead<LivePartition>[]): Promise<void> {
    const queue = read.map(({ held, records }) => ({ live: held, records, at: 0 }));
    for (let open = queue; open.length > 0; open = open.filter((one) => one.at < one.records.length)) {
      const rounds = open.map((one) => {
        const round = readRound(one.live, one.records, one.at, ({ offset }) => {
          const { partition } = one.live.lane;
          this.deps.passedOver?.add('barrier', { topic: TOPICS.events(this.source.name), partition, offset });
        });
        one.at += round.used;
        return { live: one.live, round };
      });
      const { tracer = NO_TRACER } = this.deps;
      if (!tracer.enabled) await this.fold(rounds);
      else await traceMicroBatch(tracer, this.source.name, rounds, (span) => this.fold(rounds, span));
    }
  }

  private async fold(rounds: readonly LaneRound[], span?: Span): Promise<void> {
    for (const { round } of rounds) {
      this.totals.duplicates += round.counts.duplicate;
      this.totals.events += round.events.length;
    }
    this.totals.microBatches += 1;
    this.rest(await this.folder.fold(rounds, span));
  }

  /** Products that failed; in a lane that was begun anew since they are well. */
  private rest(failed: readonly FailedProduct[]): void {
    for (const { product, lives, error } of failed) {
      const current = lives.filter((live) => this.reader.held.get(live.lane.partition) === live);
      this.catchUps.fail({ product, lives: current, error });
    }
  }

  /** After each poll: what must not happen while records are folded. */
  private async tend(): Promise<void> {
    this.rest(this.folder.failed());
    for (const [live, end] of this.replays) {
      if (live.judge.next < end) continue;
      this.replays.delete(live);
      for (const product of live.products.keys()) this.catchUps.well(product, live.lane);
    }
    await this.catchUps.tend((live) => this.replays.has(live));
  }

  reading(): LogReading {
    return this.reader.reading(({ judge }) => judge.next);
  }

  outcomes(): MetricSample[] {
    const { events, duplicates } = this.totals;
    const deadLetters = this.letterBox.count;
    const source = this.source.name;
    return [
      { labels: { source, outcome: 'folded' }, value: events },
      { labels: { source, outcome: 'duplicate' }, value: duplicates },
      { labels: { source, outcome: 'dead_lettered' }, value: deadLetters },
    ];
  }

  letters(): MetricSample[] {
    const { kept, counted } = this.letterBox.totals;
    const source = this.source.name;
    return [
      { labels: { source, outcome: 'kept' }, value: kept },
      { labels: { source, outcome: 'counted' }, value: counted },
    ];
  }

  refusals(): MetricSample[] {
    const source = this.source.name;
    return this.letterBox
      .refusals()
      .map(({ product, code, count }) => ({ labels: { source, product, code }, value: count }));
  }

  cells(): MetricSample {
    return { labels: { source: this.source.name }, value: this.heldCells() };
  }

  /** Of a product; absent: of all. */
  private heldCells(product?: ProductId): number {
    const live = [...this.reader.held.values()].reduce((sum, one) => sum + one.cells(product), 0);
    return live + this.catchUps.cells(product);
  }

  status(): Record<string, unknown> {
    const { events, microBatches, busyMs } = this.totals;
    return {
      source: this.source.name,
      partitions: [...this.reader.held.values()].map(({ lane, judge }) => ({
        partition: lane.partition,
        epoch: judge.cursor.epoch,
        next: judge.next,
      })),
      catchingUp: this.catchUps.status(),
      ...{ cells: this.heldCells(), events, batches: microBatches, busyMs: Math.round(busyMs) },
    };
  }

  async stop(): Promise<void> {
    this.folder.giveUp();
    await this.reader.stop();
    await this.catchUps.stop();
    await this.folder.drain();
    for (const subscription of this.subscriptions.values()) await subscription.close();
  }
}

/**
 * Layouts of plans, of which those whose states are computed as before are as they were: nothing here depends on what else a catalog
 * says of a product.
 *
 * @throws where a version is to mean something else: its epochs can't go on
 */
function sameStates(
  next: readonly ProductLayout[],
  before: readonly ProductLayout[],
): readonly ProductLayout[] {
  return next.map((layout) => {
    const { product, plan } = layout;
    const known = before.find((one) => one.product === product);
    if (known === undefined) return layout;
    if (known.plan.hash === plan.hash && known.plan.topology === plan.topology) return known;
    throw new Error(`${product} is computed otherwise: speed has to begin anew`);
  });
}
