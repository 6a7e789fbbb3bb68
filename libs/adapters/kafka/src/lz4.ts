/**
 * LZ4 as Kafka's clients write it: frames (lz4_Frame_format.md), decoded by lz4-napi. What it would not say itself is checked here
 * beforehand: how large the result may become, and whether there is a frame after the first, or none.
 */
import { decompressFrameSync } from 'lz4-napi';

const MAGIC = 0x184d2204;
const PLAIN = 0x80000000;

/** A byte of LZ4 becomes no more than these. */
const MAX_RATIO = 255;

/** @throws an Error for bytes that are no frames, or that could become more than `maxBytes` */
export function unframeLz4(bytes: Buffer, maxBytes: number): Buffer {
  const parts: Buffer[] = [];
  let left = maxBytes;
  for (let at = 0; at < bytes.length;) {
    const { end, atMost } = frame(bytes, at);
    if (atMost > left) throw new Error(`LZ4 frames of up to ${atMost} bytes are too large`);
    const part = decompressFrameSync(bytes.subarray(at, end));
    left -= part.length;
    parts.push(part);
    at = end;
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

/** Where a frame ends, and how large its content is at most. */
function frame(bytes: Buffer, from: number): { readonly end: number; readonly atMost: number } {
  if (bytes.readUInt32LE(from) !== MAGIC) throw new Error('it is no LZ4 frame');
  const flags = bytes.readUInt8(from + 4);
  const [hasSize, hasDictionary] = [(flags & 0x08) !== 0, (flags & 0x01) !== 0];
  const [hasBlockChecksum, hasChecksum] = [(flags & 0x10) !== 0, (flags & 0x04) !== 0];
  if (hasDictionary) throw new Error('an LZ4 frame needs a dictionary');
  // 64 KiB, 256 KiB, 1 MiB or 4 MiB.
  const maxBlock = 1 << (8 + 2 * ((bytes.readUInt8(from + 5) >> 4) & 7));
  let at = from + 7 + (hasSize ? 8 : 0);
  let atMost = 0;
  for (;;) {
    const head = bytes.readUInt32LE(at);
    at += 4;
    if (head === 0) break;
    const length = head & ~PLAIN;
    atMost += head >= PLAIN ? length : Math.min(maxBlock, length * MAX_RATIO);
    at += length + (hasBlockChecksum ? 4 : 0);
  }
  const end = at + (hasChecksum ? 4 : 0);
  if (end > bytes.length) throw new Error('an LZ4 frame is cut short');
  return { end, atMost };
}
