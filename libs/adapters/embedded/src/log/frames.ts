import type { LogRecord } from '@tenon/ports';
import { readInto } from '../files/files';
import { FRAME_HEADER, RECORD_HEADER, isFrameIntact, readFrameHeader } from './format';
import type { FrameHeader } from './format';
import { StoredRecord } from './stored-record';

/**
 * Reads a piece of a segment that begins with a frame: about `bytes` of it, but the whole first frame in any case.
 * Ends before `end`; may end within a frame.
 */
export async function readPiece(fd: number, position: number, end: number, bytes: number): Promise<Buffer> {
  let piece = await readAt(fd, position, Math.min(Math.max(bytes, FRAME_HEADER), end - position));
  const first = readFrameHeader(piece, 0);
  if (first !== null && first.bytes > piece.length && position + first.bytes <= end) {
    piece = await readAt(fd, position, first.bytes);
  }
  return piece;
}

async function readAt(fd: number, position: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(bytes);
  const filled = await readInto(fd, buffer, position);
  return filled === bytes ? buffer : buffer.subarray(0, filled);
}

/** What is still wanted of a read. */
export interface Wanted {
  readonly from: number;
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/** Appends the records of a frame that are wanted to `records`. @returns their bytes */
export function decodeFrame(
  buffer: Buffer,
  at: number,
  frame: FrameHeader,
  wanted: Wanted,
  records: LogRecord[],
): number {
  const end = frame.baseOffset + frame.records;
  let next = at + FRAME_HEADER;
  let bytes = 0;
  for (let offset = frame.baseOffset; offset < end; offset++) {
    const keyLength = buffer.readUInt32LE(next);
    const length =
      RECORD_HEADER +
      (keyLength === 0 ? 0 : keyLength - 1) +
      buffer.readUInt32LE(next + 4) +
      buffer.readUInt32LE(next + 8);
    if (offset >= wanted.from) {
      if (records.length >= wanted.maxRecords || bytes >= wanted.maxBytes) break;
      records.push(new StoredRecord(offset, buffer.readDoubleLE(next + 12), buffer, next));
      bytes += length;
    }
    next += length;
  }
  return bytes;
}

/**
 * True if what follows a damaged place shows that it had been on the disk: a later frame that is whole and says so.
 * Then it is no torn end of an interrupted write, and nothing may be cut off.
 *
 * @param rest the segment from the damaged place on
 */
export function wasDurable(rest: Buffer, position: number): boolean {
  for (let at = rest.indexOf('TNL', 1); at !== -1; at = rest.indexOf('TNL', at + 1)) {
    const frame = readFrameHeader(rest, at);
    if (frame === null || frame.durable <= position || at + frame.bytes > rest.length) continue;
    if (isFrameIntact(rest, at, frame.bytes)) return true;
  }
  return false;
}
