import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { TenonError } from '@tenon/ports';
import type { LogRecord } from '@tenon/ports';
import { closeFile, fileSize, openFile, readInto, syncData, truncateFile, writeAll } from './files';
import { FRAME_BYTES, FRAME_HEADER, RECORD_HEADER, isFrameIntact, readFrameHeader } from './format';
import type { FrameHeader } from './format';
import { SegmentIndex } from './segment-index';
import { StoredRecord } from './stored-record';

/** How much is read at once when a segment is scanned. */
const SCAN_BYTES = 4 * 1024 * 1024;

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
  private indexing: Promise<void> | null = null;
  /** Reads in progress and whether the file is to be closed (and removed) after the last of them. */
  private readers = 0;
  private retired = false;

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
    await segment.loadIndex(true);
    return segment;
  }

  /** What stands in the segment, all of it whole frames. Known once the index is loaded. */
  get bytes(): number {
    return this.index?.bytes ?? 0;
  }

  get nextOffset(): number {
    return this.index?.nextOffset ?? this.baseOffset;
  }

  async latest(): Promise<number> {
    await this.loadIndex();
    return this.index?.latest ?? Number.NEGATIVE_INFINITY;
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

  /** Keeps the index in a file, so that the next start need not read the segment through. */
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
      await this.loadIndex();
      const index = this.index as SegmentIndex;
      return await this.readVisible(from, maxRecords, maxBytes, hint ?? index.find(from), index.bytes);
    } finally {
      this.readers--;
      if (this.retired && this.readers === 0) await this.close();
    }
  }

  private async readVisible(
    from: number,
    maxRecords: number,
    maxBytes: number,
    start: number,
    end: number,
  ): Promise<SegmentRead> {
    const records: LogRecord[] = [];
    let position = start;
    let bytes = 0;
    let chunk = Math.min(maxBytes, SCAN_BYTES) + FRAME_BYTES;
    while (position < end && records.length < maxRecords && bytes < maxBytes) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(chunk, end - position));
      const filled = await readInto(await this.file(), buffer, position);
      if (filled < buffer.length) throw this.damaged(position + filled, 'the file is shorter than it was');
      let at = 0;
      while (at < buffer.length && records.length < maxRecords && bytes < maxBytes) {
        const frame = this.frameAt(buffer, at, position + at, end);
        if (frame === null || at + frame.bytes > buffer.length) {
          if (at === 0) chunk = Math.max(chunk * 2, frame?.bytes ?? 0);
          break;
        }
        if (frame.baseOffset + frame.records > from) {
          if (!isFrameIntact(buffer, at, frame.bytes))
            throw this.damaged(position + at, 'its checksum is wrong');
          bytes += decodeFrame(buffer, at, frame, from, maxRecords, maxBytes - bytes, records);
          const last = records[records.length - 1];
          // Stopped within the frame, as there is enough: the next read begins with this frame again.
          if (last !== undefined && last.offset + 1 < frame.baseOffset + frame.records) break;
        }
        at += frame.bytes;
      }
      position += at;
    }
    return { records, bytes, position };
  }

  /** @returns null if the buffer ends within the header */
  private frameAt(buffer: Buffer, at: number, position: number, end: number): FrameHeader | null {
    if (buffer.length - at < FRAME_HEADER && position + buffer.length - at < end) return null;
    const frame = readFrameHeader(buffer, at);
    if (frame === null || position + frame.bytes > end) throw this.damaged(position, 'no frame begins there');
    return frame;
  }

  private loadIndex(repair = false): Promise<void> {
    if (this.index !== null) return Promise.resolve();
    this.indexing ??= this.makeIndex(repair).finally(() => (this.indexing = null));
    return this.indexing;
  }

  private async makeIndex(repair: boolean): Promise<void> {
    const fd = await this.file();
    const size = await fileSize(fd);
    const saved = await SegmentIndex.load(this.indexPath);
    const index = saved !== null && saved.bytes <= size ? saved : SegmentIndex.empty(this.baseOffset);
    const end = await this.scan(index, size);
    if (end < size) {
      if (!repair) throw this.damaged(end, 'no whole frame begins there');
      await truncateFile(fd, end);
      await syncData(fd);
    }
    this.index = index;
  }

  /** Adds whole frames to the index. @returns where they end */
  private async scan(index: SegmentIndex, size: number): Promise<number> {
    let chunk = SCAN_BYTES;
    while (index.bytes < size) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(chunk, size - index.bytes));
      await readInto(await this.file(), buffer, index.bytes);
      let at = 0;
      let wanted = 0;
      while (at < buffer.length) {
        const frame = readFrameHeader(buffer, at);
        const known = buffer.length - at >= FRAME_HEADER;
        wanted = frame?.bytes ?? 0;
        if (frame === null && known) break;
        if (frame === null || at + frame.bytes > buffer.length) break;
        if (frame.baseOffset !== index.nextOffset || !isFrameIntact(buffer, at, frame.bytes))
          return index.bytes;
        index.add(index.bytes, frame.baseOffset);
        index.bytes += frame.bytes;
        index.nextOffset += frame.records;
        index.latest = Math.max(index.latest, frame.latest);
        at += frame.bytes;
      }
      if (at > 0) continue;
      if (wanted <= chunk || wanted > size - index.bytes) return index.bytes;
      chunk = wanted;
    }
    return index.bytes;
  }

  private file(): Promise<number> {
    if (this.fd !== null) return Promise.resolve(this.fd);
    this.opening ??= openFile(this.path, 'r+')
      .then((fd) => (this.fd = fd))
      .finally(() => (this.opening = null));
    return this.opening;
  }

  async size(): Promise<number> {
    return (await stat(this.path)).size;
  }

  /** Closes the file; it is opened again when it is read. */
  async close(): Promise<void> {
    if (this.readers > 0) {
      this.retired = true;
      return;
    }
    this.retired = false;
    const fd = this.fd;
    this.fd = null;
    if (fd !== null) await closeFile(fd);
  }

  /** Deletes the files. Reads in progress end well: they hold the open file. */
  async remove(): Promise<void> {
    await unlink(this.path);
    await unlink(this.indexPath).catch(() => undefined);
    await this.close();
  }

  private damaged(position: number, why: string): TenonError {
    return new TenonError('log-damaged', `${this.path} is damaged at byte ${position}: ${why}.`, {
      hint: 'Restore the file from a copy; nothing of it has been changed.',
    });
  }
}

/** Appends the frame's records from `from` on to `records`. @returns their bytes */
function decodeFrame(
  buffer: Buffer,
  frameAt: number,
  frame: FrameHeader,
  from: number,
  maxRecords: number,
  maxBytes: number,
  records: LogRecord[],
): number {
  const end = frame.baseOffset + frame.records;
  let at = frameAt + FRAME_HEADER;
  let bytes = 0;
  for (let offset = frame.baseOffset; offset < end; offset++) {
    const keyLength = buffer.readUInt32LE(at);
    const length =
      RECORD_HEADER +
      (keyLength === 0 ? 0 : keyLength - 1) +
      buffer.readUInt32LE(at + 4) +
      buffer.readUInt32LE(at + 8);
    if (offset >= from) {
      if (records.length >= maxRecords || bytes >= maxBytes) break;
      records.push(new StoredRecord(offset, buffer.readDoubleLE(at + 12), buffer, at));
      bytes += length;
    }
    at += length;
  }
  return bytes;
}
