import { readdir } from 'node:fs/promises';
import { TenonError, Unavailable } from '@tenon/ports';
import type { Clock, LogRecord, NewRecord } from '@tenon/ports';
import { FrameWriter } from './frame-writer';
import { syncFolder } from '../files/files';
import { Segment, parseSegmentName } from './segment';

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

/** The appends that are written, synced and acknowledged together. */
class CommitGroup {
  readonly writer: FrameWriter;
  durable = false;
  /** The offset of the group's first record, once it is on the disk. */
  readonly base: Promise<number>;
  resolve!: (base: number) => void;
  reject!: (error: unknown) => void;

  constructor(writer: FrameWriter) {
    this.writer = writer;
    this.base = new Promise<number>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** Where a record will stand: `await group.base`, plus `index`. */
export interface Placed {
  readonly group: { readonly base: Promise<number> };
  readonly index: number;
}

/** How many read positions are remembered, so that reading on from there needs no search. */
const HINTS = 16;

/** How many older segments are held open for reading. */
const OPEN_SEGMENTS = 4;

/**
 * One partition: segments, of which the last is written to. Appends gather while a write is under way and go out
 * together, in one write and one sync; readers see a group when it has been acknowledged, and never before.
 */
export class Partition {
  private pending: CommitGroup | null = null;
  private spare: FrameWriter | null = new FrameWriter();
  private running: Promise<void> | null = null;
  /** Bytes beyond the visible end, left by a write that failed. */
  private dirtyTail = false;
  /** Up to where the last segment is known to be on the disk. */
  private durableBytes = 0;
  private closed = false;
  private readonly hints = new Map<number, { segment: Segment; position: number }>();
  /** Older segments that were read, the latest last. */
  private readonly opened = new Set<Segment>();

  private constructor(
    private readonly folder: string,
    private segments: Segment[],
    private readonly options: PartitionOptions,
  ) {}

  static async open(folder: string, options: PartitionOptions): Promise<Partition> {
    const offsets = (await readdir(folder)).map(parseSegmentName).filter((offset) => offset !== null);
    offsets.sort((a, b) => a - b);
    const last = offsets.pop();
    const older = offsets.map((offset) => Segment.existing(folder, offset));
    const active = last === undefined ? await createDurably(folder, 0) : await Segment.recover(folder, last);
    const partition = new Partition(folder, [...older, active], options);
    await partition.expire();
    return partition;
  }

  private get active(): Segment {
    return this.segments[this.segments.length - 1] as Segment;
  }

  get startOffset(): number {
    return (this.segments[0] as Segment).baseOffset;
  }

  /** The offset after the last visible record. */
  get endOffset(): number {
    return this.active.nextOffset;
  }

  /** Takes the records in; they are written soon, with whatever else comes until then. */
  add(records: readonly NewRecord[], durable: boolean): Placed {
    if (this.closed) throw new Unavailable('The log is closed.');
    const group = this.openGroup();
    const { writer } = group;
    if (writer.bytes > this.options.maxPendingBytes)
      throw new Unavailable('The log is behind: too much waits to be written.');
    const now = this.options.clock.now();
    const index = writer.records;
    if (records.length === 1) {
      writer.add(records[0] as NewRecord, now);
    } else {
      const mark = writer.mark();
      try {
        for (const record of records) writer.add(record, now);
      } catch (error) {
        writer.restore(mark);
        throw error;
      }
    }
    group.durable ||= durable;
    return { group, index };
  }

  private openGroup(): CommitGroup {
    if (this.pending === null) {
      this.pending = new CommitGroup(this.spare ?? new FrameWriter());
      this.spare = null;
    }
    // At the end of this turn of the event loop: what else arrives in it goes along.
    this.running ??= new Promise((resolve) => setImmediate(() => void this.run().then(resolve)));
    return this.pending;
  }

  private async run(): Promise<void> {
    const group = this.pending;
    this.pending = null;
    if (group !== null && group.writer.records > 0) {
      try {
        group.resolve(await this.commit(group));
        this.options.onAppend();
      } catch (error) {
        group.reject(
          error instanceof TenonError ? error : new Unavailable('The log could not be written.', error),
        );
      }
    }
    if (group !== null) {
      group.writer.clear();
      this.spare = group.writer;
    }
    this.running = null;
    if (this.pending !== null) this.openGroup();
  }

  private async commit({ writer, durable }: CommitGroup): Promise<number> {
    if (this.dirtyTail) await this.cutOff();
    if (this.active.bytes > 0 && this.active.bytes + writer.bytes > this.options.segmentBytes)
      await this.roll();
    const segment = this.active;
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
    await this.active.cutOff();
    this.dirtyTail = false;
  }

  private async roll(): Promise<void> {
    const old = this.active;
    // So that only the last segment can have a torn end.
    await old.sync();
    const next = await createDurably(this.folder, old.nextOffset);
    this.segments = [...this.segments, next];
    this.durableBytes = 0;
    await old.saveIndex().catch(() => undefined);
    await this.expire();
  }

  /** Records from `from` on, or from the first that is kept; none at the end. */
  async read(
    from: number,
    maxRecords: number,
    maxBytes: number,
  ): Promise<{ records: readonly LogRecord[]; bytes: number }> {
    for (;;) {
      const offset = Math.max(from, this.startOffset);
      if (offset >= this.endOffset) return { records: [], bytes: 0 };
      const segment = this.segmentOf(offset);
      const hint = this.hints.get(offset);
      const position = hint?.segment === segment ? hint.position : undefined;
      try {
        const read = await segment.read(offset, Math.max(1, maxRecords), Math.max(1, maxBytes), position);
        const last = read.records[read.records.length - 1];
        if (last === undefined)
          throw new TenonError('log-damaged', `Offset ${offset} is missing in ${this.folder}.`);
        this.remember(last.offset + 1, segment, read.position);
        this.limitOpen(segment);
        return read;
      } catch (error) {
        // Deleted meanwhile: read on from the first that is kept.
        if (this.segments.includes(segment)) throw readError(error);
      }
    }
  }

  private segmentOf(offset: number): Segment {
    let low = 0;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.segments[middle] as Segment).baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return this.segments[low] as Segment;
  }

  private remember(offset: number, segment: Segment, position: number): void {
    this.hints.delete(offset);
    this.hints.set(offset, { segment, position });
    if (this.hints.size <= HINTS) return;
    for (const oldest of this.hints.keys()) {
      this.hints.delete(oldest);
      break;
    }
  }

  private limitOpen(segment: Segment): void {
    if (segment === this.active) return;
    this.opened.delete(segment);
    this.opened.add(segment);
    if (this.opened.size <= OPEN_SEGMENTS) return;
    for (const oldest of this.opened) {
      this.opened.delete(oldest);
      void oldest.close();
      break;
    }
  }

  /** Deletes the segments of which every record lies below `offset`. */
  async deleteBefore(offset: number): Promise<void> {
    await this.drop((_, next) => next.baseOffset <= offset);
  }

  /** Deletes the segments that are older than the topic's retention. */
  private async expire(): Promise<void> {
    const { retention, clock } = this.options;
    if (retention.ms === undefined) return;
    for (const segment of this.segments.slice(0, -1)) {
      if ((await segment.latest()) >= clock.now() - retention.ms) return;
      await this.drop((one) => one === segment);
    }
  }

  private async drop(expired: (segment: Segment, next: Segment) => boolean): Promise<void> {
    const last = this.segments.length - 1;
    let count = 0;
    while (count < last && expired(this.segments[count] as Segment, this.segments[count + 1] as Segment))
      count++;
    const dropped = this.segments.slice(0, count);
    this.segments = this.segments.slice(count);
    // Oldest first, so that a crash in between leaves no gap.
    for (const segment of dropped) await segment.remove();
  }

  private async saveForNextStart(): Promise<void> {
    if (this.dirtyTail) await this.cutOff();
    await this.active.sync();
    await this.active.saveIndex();
  }

  async close(): Promise<void> {
    this.closed = true;
    while (this.running !== null) await this.running;
    await this.saveForNextStart().catch(() => undefined);
    for (const segment of this.segments) await segment.close();
  }
}

async function createDurably(folder: string, baseOffset: number): Promise<Segment> {
  const segment = await Segment.create(folder, baseOffset);
  await syncFolder(folder);
  return segment;
}

function readError(error: unknown): unknown {
  return error instanceof TenonError ? error : new Unavailable('The log could not be read.', error);
}
