/** Folds the live log of one source for all products that read it. */
import { GROUPS, SUBJECTS, TOPICS, readReplayHint } from '@tenon/contracts';
import type { Offset, Partition, SourceDefinition } from '@tenon/domain';
import { FIRST_EPOCH, LetterBudget, laneKey } from '@tenon/domain';
import type { LogReading, MetricSample, Refused, Span, Subscription } from '@tenon/ports';
import type { PartitionRead } from '@tenon/loops';
import { Holes, TopicReader } from '@tenon/loops';
import { NO_METRICS, NO_TRACER } from '@tenon/telemetry';
import type { ProductLayout } from '@tenon/views';
import { type DeadLetter, letterRecord, lettersOf } from './dead-letters';
import type { SpeedDeps } from './deps';
import { type PendingFlush, makeFlush } from './flush';
import { Outbox } from './outbox';
import { LivePartition } from './partition';
import { type Round, readRound } from './records';
import { traceMicroBatch } from './spans';

/** What a partition gives one engine run. */
interface LaneRound {
  readonly live: LivePartition;
  readonly round: Round;
}

/** A micro-batch of so many records need not wait for more. */
const FEW_RECORDS = 256;

export class SourceWorker {
  private readonly reader: TopicReader<LivePartition>;
  private readonly subscriptions: Subscription[] = [];
  private readonly totals = { events: 0, microBatches: 0, busyMs: 0, duplicates: 0, deadLetters: 0 };
  private readonly observeMicroBatch: (seconds: number) => void;
  private readonly outbox: Outbox;
  private readonly letterBudget: LetterBudget;
  private readonly holes: Holes;
  /** The engine puts away the last micro-batch meanwhile. */
  private closing: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: SpeedDeps,
    private readonly source: SourceDefinition,
    private readonly layouts: readonly ProductLayout[],
  ) {
    const { metrics = NO_METRICS, config } = deps;
    const labels = { source: source.name };
    this.letterBudget = new LetterBudget(config.deadLetters);
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
    this.reader = new TopicReader(deps, {
      topic: TOPICS.events(source.name),
      group: GROUPS.speed(source.name),
      maxRecords: config.maxRecords,
      begin: (partition) => this.begin(partition),
      take: (read) => this.take(read),
      displaced: ({ judge }, displaced) => this.holes.found(judge, displaced),
      reads: (_, partition) => this.holes.over(partition),
    });
    const products = layouts.map(({ product }) => product);
    this.holes = new Holes(deps, { layer: 'speed', source: source.name, products });
    this.outbox = new Outbox(deps, this.reader.signal, observeFlush);
  }

  get done(): Promise<void> {
    return this.reader.done;
  }

  /** What it waits for, in words; null: nothing. */
  get trouble(): string | null {
    return this.reader.trouble;
  }

  async start(): Promise<void> {
    const { log, bus } = this.deps;
    const { name, partitions } = this.source;
    await log.ensureTopic({ name: TOPICS.events(name), partitions, keepsAll: true });
    await log.ensureTopic({ name: TOPICS.deadLetters(name), partitions: 1 });
    for (const { product, lanes } of this.layouts) {
      await log.ensureTopic({ name: TOPICS.flushes(product), partitions: lanes.length });
      // Consumption asks where it missed a flush.
      const asked = ({ payload }: { readonly payload: unknown }) => {
        const lane = readReplayHint(payload);
        if (lane?.source === name) this.reader.replay(lane.partition);
      };
      this.subscriptions.push(await bus.subscribe(SUBJECTS.replay(product), asked));
    }
    await this.reader.start();
  }

  /** From the cut of the oldest generation among its products, less the dedupe window. */
  private async begin(partition: Partition): Promise<{ from: Offset; held: LivePartition }> {
    const lane = { source: this.source.name, partition };
    const key = laneKey(lane.source, partition);
    const pointers = await this.deps.pointers.read(this.layouts.map(({ plan }) => plan));
    const cursor = pointers
      .map((pointer) => ({ epoch: pointer?.epochs[key] ?? 0, start: pointer?.cut[key] ?? 0 }))
      .reduce((oldest, one) => (one.start < oldest.start ? one : oldest));
    const { window } = this.source.dedupe;
    const held = new LivePartition(lane, cursor.start === 0 ? FIRST_EPOCH : cursor, window, this.layouts);
    this.deps.logger.info({ ...lane, ...held.judge.cursor }, 'speed reads a partition from its cut');
    return { from: held.judge.readFrom, held };
  }

  private async take(read: readonly PartitionRead<LivePartition>[]): Promise<void> {
    const { clock, config } = this.deps;
    const began = clock.monotonic();
    await this.foldAll(read);
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
        const round = readRound(one.live, one.records, one.at);
        one.at += round.used;
        return { live: one.live, round };
      });
      const { tracer = NO_TRACER } = this.deps;
      if (!tracer.enabled) await this.fold(rounds);
      else await traceMicroBatch(tracer, this.source.name, rounds, (span) => this.fold(rounds, span));
    }
  }

  private async fold(rounds: readonly LaneRound[], span?: Span): Promise<void> {
    for (const { live, round } of rounds) {
      this.totals.duplicates += round.counts.duplicate;
      for (const product of live.products.values()) product.count(round.counts);
    }
    const events = rounds.flatMap(({ round }) => round.events);
    const refused = await this.aggregate(rounds);
    this.totals.events += events.length;
    this.totals.microBatches += 1;
    const flushes = this.layouts.flatMap((layout) => this.flushOf(layout, rounds));
    for (const { live, round } of rounds) if (round.barrier !== null) live.beginEpoch();
    const conflicts = rounds.flatMap(({ round }) => round.conflicts);
    await this.deadLetter([...conflicts, ...lettersOf(refused, events)]);
    await this.outbox.send(flushes, span);
  }

  /** Runs the products' SQL over the events and folds what it gives. @returns what could not be taken */
  private async aggregate(rounds: readonly LaneRound[]): Promise<Refused[]> {
    await this.closing;
    const events = rounds.flatMap(({ round }) => round.events);
    if (events.length === 0) return [];
    const partitions = new Map(rounds.map(({ live }) => [live.lane.partition, live]));
    const plans = this.layouts.map(({ plan }) => plan);
    const opened = await this.deps.engine.open(this.source, plans, events);
    try {
      const refused = [...opened.poison];
      for (const { plan, product } of this.layouts) {
        const result = await opened.aggregate(plan);
        refused.push(...result.refused.map((one) => ({ ...one, code: `${plan.product}:${one.code}` })));
        for (const { partition, cells, ledger } of result.partitions)
          partitions.get(partition)?.products.get(product)?.add(cells, ledger);
      }
      return refused;
    } finally {
      this.closing = opened.close();
      this.closing.catch(() => undefined); // the next micro-batch meets it
    }
  }

  /** What a product's lanes have to hand over, as one append. */
  private flushOf(layout: ProductLayout, rounds: readonly LaneRound[]): PendingFlush[] {
    const made = rounds.flatMap(({ live, round }) => makeFlush(this.deps, layout, live, round.barrier) ?? []);
    const [first] = made;
    if (first === undefined) return [];
    const cells = made.reduce((sum, one) => sum + one.cells, 0);
    return [{ topic: first.topic, records: made.flatMap((one) => one.records), cells }];
  }

  private async deadLetter(letters: readonly DeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    const now = this.deps.clock.now();
    const kept = letters
      .map(letterRecord)
      .filter(({ value }) => this.letterBudget.admits(value?.length ?? 0, now));
    if (kept.length > 0) await this.outbox.append(TOPICS.deadLetters(this.source.name), kept);
    this.totals.deadLetters += letters.length;
    this.deps.logger.warn(
      { source: this.source.name, count: letters.length, first: letters[0]?.reason },
      'events were dead-lettered',
    );
  }

  reading(): LogReading {
    return this.reader.reading(({ judge }) => judge.next);
  }

  outcomes(): MetricSample[] {
    const { events, duplicates, deadLetters } = this.totals;
    const source = this.source.name;
    return [
      { labels: { source, outcome: 'folded' }, value: events },
      { labels: { source, outcome: 'duplicate' }, value: duplicates },
      { labels: { source, outcome: 'dead_lettered' }, value: deadLetters },
    ];
  }

  letters(): MetricSample[] {
    const { kept, counted } = this.letterBudget.totals;
    const source = this.source.name;
    return [
      { labels: { source, outcome: 'kept' }, value: kept },
      { labels: { source, outcome: 'counted' }, value: counted },
    ];
  }

  cells(): MetricSample {
    return { labels: { source: this.source.name }, value: this.heldCells };
  }

  private get heldCells(): number {
    const products = [...this.reader.held.values()].flatMap((live) => [...live.products.values()]);
    return products.reduce((sum, one) => sum + one.size, 0);
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
      ...{ cells: this.heldCells, events, batches: microBatches, busyMs: Math.round(busyMs) },
    };
  }

  async stop(): Promise<void> {
    await this.reader.stop();
    await this.outbox.drain().catch(() => undefined);
    await this.closing.catch(() => undefined);
    for (const subscription of this.subscriptions) await subscription.close();
  }
}
