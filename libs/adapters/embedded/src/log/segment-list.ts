import { readdir } from 'node:fs/promises';
import { TenonError, Unavailable } from '@tenon/errors';
import type { LogRecord } from '@tenon/ports';
import { syncFolder } from '../files/files';
import { Segment, parseSegmentName } from './segment';

/** How many read positions are remembered, so that reading on from there needs no search. */
const HINTS = 16;

/** How many older segments are held open for reading. */
const OPEN_SEGMENTS = 4;

export interface PartitionRead {
  readonly records: readonly LogRecord[];
  readonly bytes: number;
}

const NOTHING: PartitionRead = { records: [], bytes: 0 };

/** The segments of a partition, in order, never none: finds what is read, and drops what is old. */
export class SegmentList {
  /** Next offset of a read → where its frame begins. */
  private readonly hints = new Map<number, { segment: Segment; position: number }>();
  /** Older segments that were read, the latest last. */
  private readonly opened = new Set<Segment>();

  private constructor(
    private readonly folder: string,
    private segments: readonly Segment[],
  ) {}

  /**
   * @param begun it has had files: without any it is not a new one, and its offsets must not begin anew
   * @throws TenonError `log-damaged`
   */
  static async open(folder: string, begun: boolean): Promise<SegmentList> {
    const offsets = await segmentsIn(folder);
    const last = offsets?.pop();
    if (offsets === null || (last === undefined && begun))
      throw new TenonError('log-damaged', `${folder} has lost its files.`, {
        hint: 'Nothing has been changed. Restore the folder from a copy: what its offsets were counted as stands in the store.',
      });
    const older = offsets.map((offset) => Segment.existing(folder, offset));
    const active = last === undefined ? await createDurably(folder, 0) : await Segment.recover(folder, last);
    return new SegmentList(folder, [...older, active]);
  }

  /** The last one, which is written to. */
  get active(): Segment {
    return this.segments[this.segments.length - 1] as Segment;
  }

  get startOffset(): number {
    return (this.segments[0] as Segment).baseOffset;
  }

  /** The offset after the last visible record. */
  get endOffset(): number {
    return this.active.nextOffset;
  }

  /** Begins a new segment, which becomes the active one. */
  async extend(): Promise<void> {
    const next = await createDurably(this.folder, this.active.nextOffset);
    this.segments = [...this.segments, next];
  }

  /** Records from `from` on, or from the first that is kept; none at the end. Ends with a segment at the latest. */
  async read(from: number, maxRecords: number, maxBytes: number): Promise<PartitionRead> {
    for (;;) {
      const offset = Math.max(from, this.startOffset);
      if (offset >= this.endOffset) return NOTHING;
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

  /** Deletes segments from the first on, as long as `isOld` says so; never the active one. */
  async drop(isOld: (segment: Segment, next: Segment) => boolean | Promise<boolean>): Promise<void> {
    for (;;) {
      const [first, second] = this.segments as [Segment, Segment | undefined];
      if (second === undefined || !(await isOld(first, second))) return;
      if (this.segments[0] !== first) continue;
      this.segments = this.segments.slice(1);
      // One at a time and the oldest first, so that a crash in between leaves no gap.
      await first.remove();
    }
  }

  async close(): Promise<void> {
    for (const segment of this.segments) await segment.close();
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
    if (this.hints.size > HINTS) this.hints.delete(firstOf(this.hints.keys()));
  }

  private limitOpen(segment: Segment): void {
    if (segment === this.active) return;
    this.opened.delete(segment);
    this.opened.add(segment);
    if (this.opened.size <= OPEN_SEGMENTS) return;
    const oldest = firstOf(this.opened);
    this.opened.delete(oldest);
    void oldest.close();
  }
}

function firstOf<T>(values: Iterable<T>): T {
  return values[Symbol.iterator]().next().value as T;
}

/** A new partition's first one. */
export async function beginSegments(folder: string): Promise<void> {
  await (await createDurably(folder, 0)).close();
}

/** Where a partition's segments begin, in order; null: it has no folder. */
export async function segmentsIn(folder: string): Promise<number[] | null> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (names === null) return null;
  const offsets = names.map(parseSegmentName).filter((offset) => offset !== null);
  return offsets.sort((a, b) => a - b);
}

async function createDurably(folder: string, baseOffset: number): Promise<Segment> {
  const segment = await Segment.create(folder, baseOffset);
  await syncFolder(folder);
  return segment;
}

function readError(error: unknown): unknown {
  return error instanceof TenonError ? error : new Unavailable('The log could not be read.', error);
}
