/**
 * Lands the ranges of one product, a few cells per transaction and with a pause after each: nobody sees any of it before the
 * pointer moves, and flushes land meanwhile. Each instance lands the slices of the partitions that it has.
 */
import type { CommitMessage, SliceFrame, WireCell } from '@tenon/contracts';
import { GROUPS, HEADERS, TOPICS, isUnreadable, readFrame } from '@tenon/contracts';
import type { Offset, Partition, Pointer } from '@tenon/domain';
import type { LogReading, LogRecord, Span, StoreTransaction, Tracer } from '@tenon/ports';
import type { PartitionRead, TellRest } from '@tenon/loops';
import { TopicReader } from '@tenon/loops';
import { Links, NO_TRACER, within } from '@tenon/telemetry';
import type { ProductLayout } from '@tenon/views';
import type { ConsumptionDeps } from '../deps';
import type { LandedPart } from '../landing/ranges';
import { landCommit, landSlice } from '../landing/ranges';
import { pauseAfter } from '../pause';
import type { Position } from '../position';
import { Release, positionIn, putMarks } from '../position';
import { startLanding, traceStore } from '../spans';
import { UnreadableRecords } from '../unreadable';

/** To be told of a pointer that has moved. */
export type TellMoved = (pointer: Pointer, span: Span | undefined) => void;

/** Frames are large, and land one by one. */
const MAX_FRAMES = 16;

export class RangeLoop {
  private readonly topic: string;
  private readonly reader: TopicReader<Position>;
  private readonly release: Release;
  private readonly unreadable: UnreadableRecords;
  private readonly tracer: Tracer;
  private readonly totals = { served: 0, stale: 0 };

  constructor(
    private readonly deps: ConsumptionDeps,
    private readonly layout: ProductLayout,
    private readonly tell: TellMoved,
    alone?: TellRest,
  ) {
    const { product } = layout;
    this.topic = TOPICS.ranges(product);
    this.tracer = deps.tracer ?? NO_TRACER;
    this.release = new Release(deps, this.topic);
    this.unreadable = new UnreadableRecords(deps.logger, product, this.topic);
    this.reader = new TopicReader<Position>(deps, {
      topic: this.topic,
      group: GROUPS.ranges(product),
      latency: 'relaxed',
      maxRecords: MAX_FRAMES,
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
    const begun = await positionIn(this.deps.store, this.topic, partition, 'nothing');
    const facts = { product: this.layout.product, partition, next: begun.from };
    this.deps.logger.info(facts, 'consumption reads ranges from where it was');
    return begun;
  }

  private async take(read: readonly PartitionRead<Position>[]): Promise<void> {
    for (const { partition, held, records } of read)
      for (const record of records) {
        if (this.reader.signal.aborted) return;
        await this.takeRecord(partition, held, record);
      }
  }

  private async takeRecord(partition: Partition, held: Position, record: LogRecord): Promise<void> {
    const read = readFrame(record.value, this.layout);
    if (isUnreadable(read)) this.unreadable.passOver(partition, record.offset, read);
    held.next = record.offset + 1;
    const { product, plan } = this.layout;
    // States of another definition of the product are never merged with these.
    if (isUnreadable(read) || read.message.product !== product || read.message.hash !== plan.hash) {
      held.settle(held.next);
      return;
    }
    const { message, cells } = read;
    if (message.type === 'slice') await this.takeFrame(partition, held, message, cells, record);
    if (message.type === 'commit') await this.takeCommit(partition, held, message, record);
    held.settle(held.next);
  }

  /** A frame is folded in parts; with the last part of the last frame the slice is accounted for. */
  private async takeFrame(
    partition: Partition,
    held: Position,
    message: SliceFrame,
    cells: readonly WireCell[],
    record: LogRecord,
  ): Promise<void> {
    const { verdict } = held.assembler.add(message, cells, record.offset);
    if (verdict === 'useless') return;
    const { foldCells } = this.deps.config;
    let at = 0;
    do {
      const part = cells.slice(at, at + foldCells);
      at += foldCells;
      const last = at >= cells.length;
      const landed = await this.land(partition, held, message, record, last, (tx, now) =>
        landSlice(tx, this.layout, message, part, verdict === 'whole' && last, now),
      );
      if (landed.stale !== null) {
        held.assembler.forget(message.id);
        return;
      }
    } while (at < cells.length);
  }

  private async takeCommit(
    partition: Partition,
    held: Position,
    message: CommitMessage,
    record: LogRecord,
  ): Promise<void> {
    await this.land(partition, held, message, record, true, (tx, now) =>
      landCommit(tx, this.layout, message, now),
    );
  }

  /** @param marks with it the record has landed */
  private async land(
    partition: Partition,
    { resume }: Position,
    message: SliceFrame | CommitMessage,
    record: LogRecord,
    marks: boolean,
    work: (tx: StoreTransaction, now: number) => Promise<LandedPart>,
  ): Promise<LandedPart> {
    const { store, clock } = this.deps;
    const began = clock.monotonic();
    const now = clock.now();
    const done = new Map(marks ? [[partition, resume]] : []);
    const transact = () =>
      store.transact(async (tx) => {
        const landed = await work(tx, now);
        putMarks(tx, this.topic, done);
        return landed;
      });
    const landed = await this.traced(record, transact);
    if (landed.stale !== null) this.passOver(message, landed.stale);
    if (landed.moved !== null) this.totals.served += 1;
    this.release.landed(clock.monotonic(), done);
    await pauseAfter(clock, began, this.reader.signal);
    return landed;
  }

  private passOver({ product, range, full, line, from, to }: SliceFrame | CommitMessage, on: Pointer): void {
    this.totals.stale += 1;
    const served = { line: on.line, generation: on.generation };
    const facts = { product, range, full, line, from, to, served };
    this.deps.logger.debug(facts, 'a range is of the past, or of another base: it is passed over');
  }

  /** In a span, if what lands comes from one; whoever is told of a moved pointer goes on in it. */
  private traced(record: LogRecord, transact: () => Promise<LandedPart>): Promise<LandedPart> {
    const contexts = new Links();
    if (this.tracer.enabled) contexts.add(record.header(HEADERS.traceparent));
    const run = async (span?: Span) => {
      const landed = await traceStore(this.tracer, span, 'transaction', transact);
      if (landed.moved !== null) this.tell(landed.moved, span);
      return landed;
    };
    if (contexts.empty) return run();
    const span = startLanding(this.tracer, this.topic, 1, contexts);
    return within(span, () => run(span));
  }

  counts(): Readonly<Record<string, number>> {
    const { served, stale } = this.totals;
    return { applied: served, stale, ...this.unreadable.counts };
  }

  reading(): LogReading {
    return this.reader.reading(({ landed }) => landed);
  }

  stop(): Promise<void> {
    return this.reader.stop();
  }
}
