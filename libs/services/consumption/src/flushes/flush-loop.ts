/**
 * Lands the flushes of one product: what somebody waits for, so nothing else is done in this loop. Flushes of all partitions
 * that were read together land together, since a commit costs the same for one as for many.
 */
import type { FlushFrame, ReadFrame } from '@tenon/contracts';
import { GROUPS, HEADERS, TOPICS, isUnreadable, readFrame } from '@tenon/contracts';
import type { Lane, LaneKey, Offset, Partition } from '@tenon/domain';
import { laneKey } from '@tenon/domain';
import type { LogReading, LogRecord, Span, Tracer } from '@tenon/ports';
import type { PartitionRead, TellRest } from '@tenon/loops';
import { TopicReader } from '@tenon/loops';
import { Links, NO_METRICS, NO_TRACER, productLabels, within } from '@tenon/telemetry';
import type { ProductLayout } from '@tenon/views';
import { flushPartition } from '@tenon/views';
import type { ConsumptionDeps } from '../deps';
import type { LandedFlushes, WholeFlush } from '../landing/flushes';
import { landFlushes } from '../landing/flushes';
import type { Marks, Position } from '../position';
import { Release, positionIn, putMarks } from '../position';
import { startLanding, traceStore } from '../spans';
import { UnreadableRecords } from '../unreadable';

/** To be told of what has landed. */
export type TellFlushes = (landed: LandedFlushes, span: Span | undefined) => void;

export class FlushLoop {
  private readonly topic: string;
  private readonly reader: TopicReader<Position>;
  private readonly release: Release;
  private readonly unreadable: UnreadableRecords;
  private readonly tracer: Tracer;
  private readonly observeTransaction: (seconds: number) => void;
  private readonly totals = { applied: 0, stale: 0, gap: 0 };
  /** What waits to land, in order. */
  private waiting: WholeFlush[] = [];
  private cells = 0;
  private contexts = new Links();

  constructor(
    private readonly deps: ConsumptionDeps,
    private readonly layout: ProductLayout,
    private readonly tell: TellFlushes,
    alone?: TellRest,
  ) {
    const { product } = layout;
    const { metrics = NO_METRICS, tracer = NO_TRACER } = deps;
    this.topic = TOPICS.flushes(product);
    this.tracer = tracer;
    this.release = new Release(deps, this.topic);
    this.unreadable = new UnreadableRecords(deps.logger, product, this.topic);
    this.observeTransaction = metrics.histogram(
      'tenon_transaction_duration_seconds',
      'Time of a transaction that lands states.',
      productLabels(layout.plan),
    );
    this.reader = new TopicReader<Position>(deps, {
      topic: this.topic,
      group: GROUPS.flushes(product),
      maxRecords: deps.config.maxMessages,
      begin: (partition) => this.begin(partition),
      take: (read) => this.take(read),
      ...(alone && { alone }),
    });
  }

  get done(): Promise<void> {
    return this.reader.done;
  }

  get trouble(): string | null {
    return this.reader.trouble;
  }

  async start(): Promise<void> {
    await this.deps.log.ensureTopic({ name: this.topic, partitions: this.layout.lanes.length });
    await this.reader.start();
  }

  private async begin(partition: Partition): Promise<{ from: Offset; held: Position }> {
    const begun = await positionIn(this.deps.store, this.topic, partition, 'cells');
    const facts = { product: this.layout.product, partition, next: begun.from };
    this.deps.logger.info(facts, 'consumption reads flushes from where it was');
    return begun;
  }

  private async take(read: readonly PartitionRead<Position>[]): Promise<void> {
    for (const { partition, held, records } of read)
      for (const record of records) {
        await this.takeRecord(partition, held, record);
        if (this.cells >= this.deps.config.landCells) await this.land();
      }
    await this.land();
  }

  private async takeRecord(partition: Partition, held: Position, record: LogRecord): Promise<void> {
    const read = readFrame(record.value, this.layout);
    if (isUnreadable(read)) {
      // What stands before it lands; it and what follows is for a release that can read it.
      if (read.newer !== null) await this.land();
      this.unreadable.passOver(partition, record.offset, read);
    } else if (read.message.type === 'flush') {
      this.assemble(read as ReadFrame<FlushFrame>, partition, held, record);
    }
    held.next = record.offset + 1;
  }

  private assemble(
    { message, cells }: ReadFrame<FlushFrame>,
    partition: Partition,
    held: Position,
    record: LogRecord,
  ): void {
    const { product, plan } = this.layout;
    // States of another definition of the product: never merged with these.
    if (message.product !== product || message.hash !== plan.hash) return;
    if (flushPartition(this.layout, message) < 0) {
      const reason = `the product has no partition ${message.partition} of ${message.source}`;
      this.unreadable.passOver(partition, record.offset, { reason, damaged: false, newer: null });
      return;
    }
    const { verdict, kept } = held.assembler.add(message, cells, record.offset);
    if (verdict !== 'whole') return;
    this.waiting.push({ message, cells: kept });
    this.cells += kept.length;
    if (this.tracer.enabled) this.contexts.add(record.header(HEADERS.traceparent));
  }

  /** Lands what waits and the offsets to resume at, in one transaction, and in a span if it comes from one. */
  private async land(): Promise<void> {
    const { waiting: flushes, contexts } = this;
    const moved = [...this.reader.held].filter(([, { next, landed }]) => next !== landed);
    // A topic that was made anew may bring a partition to the offset where it had been.
    if (moved.length === 0 && flushes.length === 0) return;
    this.waiting = [];
    this.cells = 0;
    this.contexts = new Links();
    const marks: Marks = new Map(moved.map(([partition, { resume }]) => [partition, resume]));
    if (contexts.empty) await this.transact(flushes, marks);
    else {
      const span = startLanding(this.tracer, this.topic, flushes.length, contexts);
      await within(span, () => this.transact(flushes, marks, span));
    }
    for (const [, held] of moved) held.settle(held.next);
  }

  private async transact(flushes: readonly WholeFlush[], marks: Marks, span?: Span): Promise<void> {
    const { store, clock } = this.deps;
    const began = clock.monotonic();
    const transact = () =>
      store.transact(async (tx) => {
        const landed = await landFlushes(tx, this.layout, flushes);
        putMarks(tx, this.topic, marks);
        return landed;
      });
    const landed = await traceStore(this.tracer, span, 'transaction', transact);
    this.observeTransaction((clock.monotonic() - began) / 1000);
    for (const outcome of ['applied', 'stale', 'gap'] as const)
      this.totals[outcome] += landed.counts[outcome];
    this.release.landed(clock.monotonic(), marks);
    this.tell(landed, span);
  }

  /** True if this instance has the flushes of a lane. */
  has(lane: Lane): boolean {
    return this.reader.held.has(flushPartition(this.layout, lane));
  }

  /** Lanes of this instance of which the log has flushes that have not landed. */
  async landing(): Promise<readonly LaneKey[]> {
    const ends = await this.deps.log.endOffsets(this.topic);
    const { next } = this.reading();
    return this.layout.lanes
      .filter((lane) => {
        const partition = String(flushPartition(this.layout, lane));
        return (next[partition] ?? Infinity) < (ends[partition] ?? 0);
      })
      .map(({ source, partition }) => laneKey(source, partition));
  }

  counts(): Readonly<Record<string, number>> {
    return { ...this.totals, ...this.unreadable.counts };
  }

  reading(): LogReading {
    return this.reader.reading(({ landed }) => landed);
  }

  stop(): Promise<void> {
    return this.reader.stop();
  }
}
