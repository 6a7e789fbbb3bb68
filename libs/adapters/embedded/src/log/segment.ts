import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TenonError } from '@tenon/errors';
import type { LogRecord } from '@tenon/ports';
import { closeFile, fileSize, openFile, syncData, truncateFile, writeAll } from '../files/files';
import { FRAME_BYTES, isFrameIntact, readFrameHeader } from './format';
import { decodeFrame, readPiece, wasDurable } from './frames';
import { SegmentIndex } from './segment-index';

/** How much is read at once, at most. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** And at least: reading less is hardly faster. */
const SMALL_PIECE = 64 * 1024;

const fileName = (baseOffset: number, extension: string) =>
  `${String(baseOffset).padStart(16, '0')}.${extension}`;

/** @returns the first offset of the segment that a file name stands for, or null */
export function parseSegmentName(name: string): number | null {
  return /^\d{16}\.log$/.test(name) ? Number(name.slice(0, 16)) : null;
}

export interface SegmentRead {
  readonly records: LogRecord[];
  readonly bytes: number;
  /** Where the frame begins that holds the next record, or would. */
  readonly position: number;
}

/** One file of a partition: the records from `baseOffset` on. Only the last segment of a partition is written to. */
export class Segment {
  private fd: number | null = null;
  private opening: Promise<number> | null = null;
  private indexing: Promise<SegmentIndex> | null = null;
  /** Reads under way; the last of them closes the file, if that is wanted meanwhile. */
  private readers = 0;
  private closeWanted = false;

  private constructor(
    private readonly folder: string,
    readonly baseOffset: number,
    private index: SegmentIndex | null,
  ) {}

  private get path(): string {
    return join(this.folder, fileName(this.baseOffset, 'log'));
  }

  private get indexPath(): string {
    return join(this.folder, fileName(this.baseOffset, 'index'));
  }

  /** Makes a new, empty segment. The folder's entry is not synced yet. */
  static async create(folder: string, baseOffset: number): Promise<Segment> {
    const segment = new Segment(folder, baseOffset, SegmentIndex.empty(baseOffset));
    // Left over from an attempt that failed after this; nothing in it was acknowledged.
    await unlink(segment.path).catch(() => undefined);
    segment.fd = await openFile(segment.path, 'wx+');
    return segment;
  }

  /** An older segment: nothing of it is read before it is asked for. */
  static existing(folder: string, baseOffset: number): Segment {
    return new Segment(folder, baseOffset, null);
  }

  /** The last segment of a partition: read through, and cut off after the last whole frame. */
  static async recover(folder: string, baseOffset: number): Promise<Segment> {
    const segment = new Segment(folder, baseOffset, null);
    try {
      segment.index = await segment.makeIndex(true);
      return segment;
    } catch (error) {
      await segment.close();
      throw error;
    }
  }

  /** What stands in the segment, all of it whole frames. Known once the index is loaded. */
  get bytes(): number {
    return this.index?.bytes ?? 0;
  }

  get nextOffset(): number {
    return this.index?.nextOffset ?? this.baseOffset;
  }

  /** The latest timestamp of its records. */
  async latest(): Promise<number> {
    return (await this.loadIndex()).latest;
  }

  /** Writes at the end, without making it visible. A rejection may leave bytes behind: `cutOff`. */
  async write(bytes: Uint8Array): Promise<void> {
    await writeAll(await this.file(), bytes, this.bytes);
  }

  async sync(): Promise<void> {
    await syncData(await this.file());
  }

  /** Removes what was written beyond the visible end. */
  async cutOff(): Promise<void> {
    await truncateFile(await this.file(), this.bytes);
  }

  /** Makes what was written visible. */
  publish(
    bytes: number,
    records: number,
    frames: readonly { at: number; offset: number }[],
    latest: number,
  ): void {
    const index = this.index as SegmentIndex;
    for (const frame of frames) index.add(index.bytes + frame.at, frame.offset);
    index.bytes += bytes;
    index.nextOffset += records;
    index.latest = Math.max(index.latest, latest);
  }

  /** Keeps the index in a file, so that the next start need not read the segment through. It must have been synced. */
  async saveIndex(): Promise<void> {
    await this.index?.save(this.indexPath);
  }

  /**
   * Records from `from` on, at least one if there is one, of the visible part.
   *
   * @param hint where the frame with `from` begins, if known
   */
  async read(from: number, maxRecords: number, maxBytes: number, hint?: number): Promise<SegmentRead> {
    this.readers++;
    try {
      const index = await this.loadIndex();
      const fd = await this.file();
      return await this.readVisible(fd, index, { from, maxRecords, maxBytes }, hint ?? index.find(from));
    } finally {
      this.readers--;
      if (this.closeWanted && this.readers === 0) await this.close();
    }
  }

  private async readVisible(
    fd: number,
    index: SegmentIndex,
    wanted: { from: number; maxRecords: number; maxBytes: number },
    start: number,
  ): Promise<SegmentRead> {
    const { from, maxRecords, maxBytes } = wanted;
    const end = index.bytes;
    const average = index.bytes / (index.nextOffset - this.baseOffset);
    const likely =
      Math.min(maxBytes, maxRecords * average * 1.2) + Math.min(FRAME_BYTES, maxRecords * average);
    const pieceBytes = Math.ceil(Math.min(Math.max(likely, SMALL_PIECE), PIECE_BYTES));
    const records: LogRecord[] = [];
    let bytes = 0;
    let position = start;
    const enough = () => records.length >= maxRecords || bytes >= maxBytes;
    while (position < end && !enough()) {
      const piece = await readPiece(fd, position, end, pieceBytes);
      if (piece.length === 0) throw this.damaged(position, 'the file is shorter than it was');
      let at = 0;
      while (at < piece.length && !enough()) {
        const frame = readFrameHeader(piece, at);
        if (frame === null || at + frame.bytes > piece.length) {
          if (at === 0) throw this.damaged(position, 'no whole frame begins there');
          break;
        }
        const next = frame.baseOffset + frame.records;
        if (next > from) {
          if (!isFrameIntact(piece, at, frame.bytes))
            throw this.damaged(position + at, 'its checksum is wrong');
          bytes += decodeFrame(piece, at, frame, { from, maxRecords, maxBytes: maxBytes - bytes }, records);
          // Stopped within the frame: the next read begins with it again.
          if ((records[records.length - 1]?.offset ?? next) + 1 < next)
            return { records, bytes, position: position + at };
        }
        at += frame.bytes;
      }
      position += at;
    }
    return { records, bytes, position };
  }

  private async loadIndex(): Promise<SegmentIndex> {
    if (this.index !== null) return this.index;
    this.indexing ??= this.makeIndex(false).finally(() => (this.indexing = null));
    this.index = await this.indexing;
    return this.index;
  }

  private async makeIndex(repair: boolean): Promise<SegmentIndex> {
    const fd = await this.file();
    const size = await fileSize(fd);
    const index = (await SegmentIndex.load(this.indexPath)) ?? SegmentIndex.empty(this.baseOffset);
    // The index is saved after a sync: so much of the segment had been on the disk.
    if (index.bytes > size) throw this.damaged(size, 'the file is shorter than it was');
    await this.scan(fd, index, size);
    if (index.bytes < size) await this.cutTornEnd(fd, index.bytes, size, repair);
    return index;
  }

  /** Adds the whole frames that follow what the index covers. */
  private async scan(fd: number, index: SegmentIndex, size: number): Promise<void> {
    for (;;) {
      const piece = await readPiece(fd, index.bytes, size, PIECE_BYTES);
      let at = 0;
      for (let frame = readFrameHeader(piece, 0); frame !== null; frame = readFrameHeader(piece, at)) {
        if (at + frame.bytes > piece.length) break;
        if (frame.baseOffset !== index.nextOffset || !isFrameIntact(piece, at, frame.bytes)) return;
        index.add(index.bytes, frame.baseOffset);
        index.bytes += frame.bytes;
        index.nextOffset += frame.records;
        index.latest = Math.max(index.latest, frame.latest);
        at += frame.bytes;
      }
      if (at === 0) return;
    }
  }

  private async cutTornEnd(fd: number, from: number, size: number, repair: boolean): Promise<void> {
    const rest = await readPiece(fd, from, size, size - from);
    if (!repair || wasDurable(rest, from))
      throw this.damaged(from, 'no whole frame begins there, but later ones do');
    await truncateFile(fd, from);
    await syncData(fd);
  }

  private file(): Promise<number> {
    if (this.fd !== null) return Promise.resolve(this.fd);
    this.opening ??= openFile(this.path, 'r+')
      .then((fd) => (this.fd = fd))
      .finally(() => (this.opening = null));
    return this.opening;
  }

  /** Closes the file once nobody reads it; it is opened again when it is read again. */
  async close(): Promise<void> {
    this.closeWanted = this.readers > 0;
    if (this.closeWanted) return;
    const fd = this.fd;
    this.fd = null;
    if (fd !== null) await closeFile(fd);
  }

  /** Deletes the files. Reads under way end well: they hold the open file. */
  async remove(): Promise<void> {
    await unlink(this.path);
    await unlink(this.indexPath).catch(() => undefined);
    await this.close();
  }

  private damaged(position: number, why: string): TenonError {
    return new TenonError('log-damaged', `${this.path} is damaged at byte ${position}: ${why}.`, {
      hint: 'Nothing has been changed. Restore the file from a copy: moved away, what it held is a hole in the log.',
    });
  }
}
