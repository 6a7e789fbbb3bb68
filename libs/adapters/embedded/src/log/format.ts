/**
 * The log's bytes on disk. A segment is a sequence of frames; a frame holds the records of one write, or a part of them:
 *
 *     frame  = 'TNL' u8:version | u32:body length | u32:crc | u32:records | u64:base offset | f64:latest timestamp
 *              | u64:durable | body
 *     record = u32:key length + 1 (0: no key) | u32:value length | u32:headers length | f64:timestamp
 *              | key | headers | value
 *     header = u16:name length | u32:value length | name | value
 *
 * All little-endian. The CRC-32 covers all that follows it, body included. `durable` is the position in the segment up
 * to which everything was known to be on the disk when the frame was written: a damaged frame below it is damage and
 * not the torn end of an interrupted write.
 */
import { crc32 } from '../files/crc32';

const MAGIC = 0x4c4e54;
export const FORMAT_VERSION = 1;
const SIGNATURE = MAGIC | (FORMAT_VERSION << 24);

export const FRAME_HEADER = 40;
export const RECORD_HEADER = 20;
/** The CRC covers a frame from here on. */
const CRC_FROM = 12;

/** A frame is closed once its body is this long; a single record may make it longer. */
export const FRAME_BYTES = 256 * 1024;
/** No record may be longer: its frame must fit a buffer and a u32. */
export const MAX_RECORD_BYTES = 256 * 1024 * 1024;

export interface FrameHeader {
  /** Of the whole frame. */
  readonly bytes: number;
  readonly records: number;
  readonly baseOffset: number;
  readonly latest: number;
  readonly durable: number;
}

const readU64 = (buffer: Buffer, at: number) =>
  buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 0x1_0000_0000;

function writeU64(buffer: Buffer, value: number, at: number): void {
  buffer.writeUInt32LE(value % 0x1_0000_0000, at);
  buffer.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
}

/** @returns null if no frame begins at `at`; whether the frame is whole is `isFrameIntact`'s to say. */
export function readFrameHeader(buffer: Buffer, at: number): FrameHeader | null {
  if (buffer.length - at < FRAME_HEADER || buffer.readUInt32LE(at) !== SIGNATURE) return null;
  return {
    bytes: FRAME_HEADER + buffer.readUInt32LE(at + 4),
    records: buffer.readUInt32LE(at + 12),
    baseOffset: readU64(buffer, at + 16),
    latest: buffer.readDoubleLE(at + 24),
    durable: readU64(buffer, at + 32),
  };
}

/** @param bytes the whole frame's, all of which must be in the buffer */
export function isFrameIntact(buffer: Buffer, at: number, bytes: number): boolean {
  return crc32(buffer.subarray(at + CRC_FROM, at + bytes)) === buffer.readUInt32LE(at + 8);
}

/** Fills the header of a frame whose body stands in the buffer already, and its CRC. */
export function sealFrame(buffer: Buffer, at: number, frame: FrameHeader): void {
  buffer.writeUInt32LE(SIGNATURE, at);
  buffer.writeUInt32LE(frame.bytes - FRAME_HEADER, at + 4);
  buffer.writeUInt32LE(frame.records, at + 12);
  writeU64(buffer, frame.baseOffset, at + 16);
  buffer.writeDoubleLE(frame.latest, at + 24);
  writeU64(buffer, frame.durable, at + 32);
  buffer.writeUInt32LE(crc32(buffer.subarray(at + CRC_FROM, at + frame.bytes)), at + 8);
}
