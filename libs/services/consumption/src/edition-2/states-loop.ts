/**
 * Lands what services of edition 2 of the wire write while a deployment is upgraded, or have left behind: flushes and ranges
 * of one topic, read on from the mark that consumption of edition 2 kept. It is idle once all of that has landed. To be
 * deleted with edition 4, as a whole.
 */
import type { CommitMessage, FlushFrame, ReadFrame, SliceFrame, WireCell } from '@tenon/contracts';
import {
  Edition2Reader,
  FrameAssembler,
  GROUPS,
  STORE_KEYS,
  SUBJECTS,
  TOPICS,
  isUnreadable,
  replayHintOfEdition2,
} from '@tenon/contracts';
import type { Lane, Offset, Partition, Plan, Pointer } from '@tenon/domain';
import type { PartitionRead, TellRest } from '@tenon/loops';
import { TopicReader } from '@tenon/loops';
import type { LogReading, LogRecord, Span, StoreTransaction } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import type { ConsumptionDeps } from '../deps';
import type { LandedFlushes, WholeFlush } from '../landing/flushes';
import { landFlushes } from '../landing/flushes';
import type { LandedPart } from '../landing/ranges';
import { landCommit, landSlice } from '../landing/ranges';
import { Release, putMarks } from '../position';
import { UnreadableRecords } from '../unreadable';

/** To be told of what has landed. */
export interface Tell {
  readonly flushes: (landed: LandedFlushes, span: Span | undefined) => void;
  readonly moved: (pointer: Pointer, span: Span | undefined) => void;
}

/** A partition as it is read. */
class Held {
  readonly flushes = new FrameAssembler('cells');
  /** Ranges are large: their cells land as they come. */
  readonly ranges = new FrameAssembler('nothing');
  landed: Offset;

  constructor(
    readonly reader: Edition2Reader,
    public next: Offset,
  ) {
    this.landed = next;
  }

  /** What is under way is read again after a restart. */
  get resume(): Offset {
    return this.ranges.resumeAt(this.flushes.resumeAt(this.next));
  }
}

export class StatesOfEdition2 {
  private readonly topic: string;
  private readonly reader: TopicReader<Held>;
  private readonly release: Release;
  private readonly unreadable: UnreadableRecords;
  private readonly totals = { applied: 0, stale: 0, gap: 0 };
  private waiting: WholeFlush[] = [];
  private isRunning = false;

  constructor(
    private readonly deps: ConsumptionDeps,
    private readonly layout: ProductLayout,
    private readonly tell: Tell,
    alone?: TellRest,
  ) {
    this.topic = TOPICS.statesOfEdition2(layout.plan.product);
    this.release = new Release(deps, this.topic);
    this.unreadable = new UnreadableRecords(deps.logger, layout.product, this.topic);
    this.reader = new TopicReader<Held>(deps, {
      topic: this.topic,
      group: GROUPS.statesOfEdition2(layout.plan.product),
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

  /** Nothing where edition 2 never ran; its topic is not made here. */
  async start(): Promise<void> {
    const { log, plans, logger } = this.deps;
    if (!isOldest(this.layout.plan, plans) || !(await log.hasTopic(this.topic))) return;
    logger.info(
      { product: this.layout.product, topic: this.topic },
      'consumption reads what edition 2 wrote',
    );
    await this.reader.start();
    this.isRunning = true;
  }

  private async begin(partition: Partition): Promise<{ from: Offset; held: Held }> {
    const key = STORE_KEYS.consumed(this.topic, partition);
    const from = (await this.deps.store.snapshot((snapshot) => snapshot.get<Offset>('meta', key))) ?? 0;
    const { plan, types } = this.layout;
    return { from, held: new Held(new Edition2Reader(plan.source, types), from) };
  }

  private async take(read: readonly PartitionRead<Held>[]): Promise<void> {
    for (const { partition, held, records } of read)
      for (const record of records) {
        if (this.reader.signal.aborted) return;
        await this.takeRecord(partition, held, record);
      }
    await this.landFlushes();
  }

  private async takeRecord(partition: Partition, held: Held, record: LogRecord): Promise<void> {
    const { product, plan } = this.layout;
    const read = held.reader.read(record.value);
    if (isUnreadable(read)) {
      if (read.newer !== null) await this.landFlushes();
      this.unreadable.passOver(partition, record.offset, read);
      held.next = record.offset + 1;
      return;
    }
    held.next = record.offset + 1;
    const { frame, commit } = read;
    // States of another definition of the product: never merged with these.
    if (frame.message.product !== product || frame.message.hash !== plan.hash) return;
    if (frame.message.type === 'flush') this.takeFlush(held, frame as ReadFrame<FlushFrame>, record.offset);
    else await this.takeRange(partition, held, frame as ReadFrame<SliceFrame>, commit, record.offset);
  }

  private takeFlush(held: Held, { message, cells }: ReadFrame<FlushFrame>, offset: Offset): void {
    const { verdict, kept } = held.flushes.add(message, cells, offset);
    if (verdict === 'whole') this.waiting.push({ message, cells: kept });
  }

  private async landFlushes(): Promise<void> {
    const moved = [...this.reader.held].filter(([, { next, landed }]) => next !== landed);
    if (moved.length === 0) return;
    const flushes = this.waiting;
    this.waiting = [];
    const marks = new Map(moved.map(([partition, { resume }]) => [partition, resume]));
    const landed = await this.deps.store.transact(async (tx) => {
      const result = await landFlushes(tx, this.layout, flushes);
      putMarks(tx, this.topic, marks);
      return result;
    });
    for (const [, held] of moved) held.landed = held.next;
    for (const outcome of ['applied', 'stale', 'gap'] as const)
      this.totals[outcome] += landed.counts[outcome];
    this.release.landed(this.deps.clock.monotonic(), marks);
    this.tell.flushes(landed, undefined);
  }

  /** A frame of a range, in parts; with the last part of its last frame the whole of it, and the commit that it ends in. */
  private async takeRange(
    partition: Partition,
    held: Held,
    { message, cells }: ReadFrame<SliceFrame>,
    commit: CommitMessage | null,
    offset: Offset,
  ): Promise<void> {
    const { verdict } = held.ranges.add(message, cells, offset);
    if (verdict === 'useless') return;
    // The mark that goes along with it passes the flushes before it.
    await this.landFlushes();
    const { foldCells } = this.deps.config;
    for (let at = 0; at === 0 || at < cells.length; at += foldCells) {
      const whole = verdict === 'whole' && at + foldCells >= cells.length;
      const landed = await this.landPart(
        partition,
        held,
        message,
        cells.slice(at, at + foldCells),
        whole ? commit : null,
      );
      if (!landed.stale) continue;
      held.ranges.forget(message.id);
      return;
    }
  }

  private async landPart(
    partition: Partition,
    held: Held,
    message: SliceFrame,
    cells: readonly WireCell[],
    commit: CommitMessage | null,
  ): Promise<LandedPart> {
    const { store, clock } = this.deps;
    const now = clock.now();
    const land = async (tx: StoreTransaction): Promise<LandedPart> => {
      const landed = await landSlice(tx, this.layout, message, cells, commit !== null, now);
      if (landed.stale || commit === null) return landed;
      putMarks(tx, this.topic, new Map([[partition, held.resume]]));
      return landCommit(tx, this.layout, commit, now);
    };
    const landed = await store.transact(land);
    if (landed.stale) this.totals.stale += 1;
    if (landed.moved !== null) {
      this.totals.applied += 1;
      this.tell.moved(landed.moved, undefined);
    }
    return landed;
  }

  /** Asks speed of edition 2 as well, in the words that it knows. */
  askForReplay(lanes: readonly Lane[]): void {
    if (!this.isRunning) return;
    const { product } = this.layout.plan;
    for (const { partition } of lanes)
      this.deps.bus.publish(SUBJECTS.replayOfEdition2(product), replayHintOfEdition2(partition));
  }

  counts(): Readonly<Record<string, number>> {
    return this.isRunning ? { ...this.totals, ...this.unreadable.counts } : {};
  }

  reading(): LogReading | null {
    return this.isRunning ? this.reader.reading(({ landed }) => landed) : null;
  }

  async stop(): Promise<void> {
    if (this.isRunning) await this.reader.stop();
  }
}

/** Edition 2 had one version of a name: the oldest that there is, since versions count up. */
const isOldest = (plan: Plan, plans: readonly Plan[]) =>
  plans.every(({ product, version }) => product !== plan.product || version >= plan.version);
