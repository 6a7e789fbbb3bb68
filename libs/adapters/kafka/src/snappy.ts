/**
 * Snappy, plain or in the frames of xerial's snappy-java, which Kafka's Java clients write: a magic and two versions, then blocks
 * with their length before them.
 */
import { uncompressSync } from 'snappy';

const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER = 16;

/** @throws an Error for bytes that are none, or that would become more than `maxBytes` */
export function unsnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return block(bytes, maxBytes);
  const blocks: Buffer[] = [];
  let left = maxBytes;
  for (let at = XERIAL_HEADER; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw new Error('a snappy block is cut short');
    const one = block(bytes.subarray(at + 4, end), left);
    left -= one.length;
    blocks.push(one);
    at = end;
  }
  return Buffer.concat(blocks);
}

function block(bytes: Buffer, maxBytes: number): Buffer {
  const size = sizeOf(bytes);
  if (size > maxBytes) throw new Error(`a snappy block of ${size} bytes is too large`);
  return uncompressSync(bytes, { asBuffer: true }) as Buffer;
}

/** What a block says of its size, in seven bits of each of its first bytes. */
function sizeOf(bytes: Buffer): number {
  let size = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = bytes.readUInt8(at);
    size += (byte & 127) * 2 ** (7 * at);
    if (byte < 128) return size;
  }
  throw new Error('a snappy block has no length');
}
