import { TenonError, Unavailable } from '@tenon/errors';
import type { Clock, NewRecord } from '@tenon/ports';
import { CommitGroup } from './commit-group';
import type { Placed } from './commit-group';
import { LogFrameWriter } from './log-frame-writer';
import { SegmentList } from './segment-list';
import type { PartitionRead } from './segment-list';

export interface PartitionOptions {
  readonly clock: Clock;
  readonly segmentBytes: number;
  /** Appends are refused while this much waits to be written. */
  readonly maxPendingBytes: number;
  /** How long records are kept. */
  readonly retention: { readonly ms: number | undefined };
  /** Called when records became visible. */
  readonly onAppend: () => void;
}

/**
 * One partition: segments, of which the last is written to. Appends gather while a write is under way and go out
 * together, in one write and one sync; readers see a group when it has been acknowledged, and never before.
 */
export class Partition {
  /** What gathers for the next write. */
  private pending: CommitGroup | null = null;
  /** A buffer for the group after that. */
  private spare: LogFrameWriter | null = new LogFrameWriter();
  private running: Promise<void> | null = null;
  /** Bytes stand beyond the visible end, left by a write that failed. */
  private dirtyTail = false;
  /** Up to where the active segment is known to be on the disk. */
  private durableBytes = 0;
  private closed = false;

  private constructor(
    private readonly segments: SegmentList,
    private readonly options: PartitionOptions,
  ) {}

  /** @param begun see `SegmentList.open` */
  static async open(folder: string, begun: boolean, options: PartitionOptions): Promise<Partition> {
    const partition = new Partition(await SegmentList.open(folder, begun), options);
    await partition.expire();
    return partition;
  }

  get startOffset(): number {
    return this.segments.startOffset;
  }

  /** The offset after the last visible record. */
  get endOffset(): number {
    return this.segments.endOffset;
  }

  /** Takes the records in; they are written soon, with whatever else comes until then. */
  add(records: readonly NewRecord[], durable: boolean): Placed {
    if (this.closed) throw new Unavailable('The log is closed.');
    const group = this.openGroup();
    const { writer } = group;
    if (writer.bytes > this.options.maxPendingBytes) {
      throw new Unavailable('The log is behind: too much waits to be written.');
    }
    const now = this.options.clock.now();
    const index = writer.records;
    const mark = writer.mark();
    try {
      for (const record of records) writer.add(record, now);
    } catch (error) {
      writer.restore(mark);
      throw error;
    }
    group.durable ||= durable;
    return { group, index };
  }

  /** Records from `from` on, or from the first that is kept; none at the end. */
  read(from: number, maxRecords: number, maxBytes: number): Promise<PartitionRead> {
    return this.segments.read(from, maxRecords, maxBytes);
  }

  /** Deletes the segments of which every record lies below `offset`. */
  async deleteBefore(offset: number): Promise<void> {
    await this.segments.drop((_, next) => next.baseOffset <= offset);
  }

  async close(): Promise<void> {
    this.closed = true;
    while (this.running !== null) await this.running;
    await this.saveForNextStart().catch(() => undefined);
    await this.segments.close();
  }

  private openGroup(): CommitGroup {
    if (this.pending === null) {
      this.pending = new CommitGroup(this.spare ?? new LogFrameWriter());
      this.spare = null;
    }
    // At the end of this turn of the event loop: what else arrives in it goes along.
    this.running ??= new Promise((resolve) => setImmediate(() => void this.run().then(resolve)));
    return this.pending;
  }

  private async run(): Promise<void> {
    const group = this.pending as CommitGroup;
    this.pending = null;
    try {
      group.resolve(group.writer.records === 0 ? this.endOffset : await this.commit(group));
      this.options.onAppend();
    } catch (error) {
      group.reject(
        error instanceof TenonError ? error : new Unavailable('The log could not be written.', error),
      );
    }
    group.writer.clear();
    this.spare = group.writer;
    this.running = null;
    if (this.pending !== null) this.openGroup();
  }

  private async commit({ writer, durable }: CommitGroup): Promise<number> {
    if (this.dirtyTail) await this.cutOff();
    const { bytes: before } = this.segments.active;
    if (before > 0 && before + writer.bytes > this.options.segmentBytes) await this.roll();
    const segment = this.segments.active;
    const base = segment.nextOffset;
    const { bytes, frames, latest } = writer.seal(base, this.durableBytes);
    try {
      await segment.write(bytes);
      if (durable) await segment.sync();
    } catch (error) {
      this.dirtyTail = true;
      await this.cutOff().catch(() => undefined);
      throw error;
    }
    segment.publish(bytes.length, writer.records, frames, latest);
    if (durable) this.durableBytes = segment.bytes;
    return base;
  }

  /** Nothing is written after a failed write before what it left behind is gone. */
  private async cutOff(): Promise<void> {
    await this.segments.active.cutOff();
    this.dirtyTail = false;
  }

  /** Goes on in a new segment. */
  private async roll(): Promise<void> {
    const old = this.segments.active;
    // So that only the last segment can have a torn end.
    await old.sync();
    await this.segments.extend();
    this.durableBytes = 0;
    await old.saveIndex().catch(() => undefined);
    await this.expire();
  }

  /** Deletes the segments that are older than the topic's retention. */
  private async expire(): Promise<void> {
    const { retention, clock } = this.options;
    const { ms } = retention;
    if (ms !== undefined)
      await this.segments.drop(async (segment) => (await segment.latest()) < clock.now() - ms);
  }

  private async saveForNextStart(): Promise<void> {
    if (this.dirtyTail) await this.cutOff();
    await this.segments.active.sync();
    await this.segments.active.saveIndex();
  }
}
