/**
 * Snappy (google/snappy, format_description.txt), plain or in the frames of xerial's snappy-java, which Kafka's Java clients write:
 * a magic and two versions, then blocks with their length before them.
 */
import { appendCopy } from './back-reference';

const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER = 16;

/** @throws an Error for bytes that are none, or that would become more than `maxBytes` */
export function unsnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return block(bytes, maxBytes);
  const blocks: Buffer[] = [];
  let left = maxBytes;
  for (let at = XERIAL_HEADER; at < bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at);
    if (end > bytes.length) throw new Error('a snappy block is cut short');
    const one = block(bytes.subarray(at + 4, end), left);
    left -= one.length;
    blocks.push(one);
    at = end;
  }
  return Buffer.concat(blocks);
}

function block(bytes: Buffer, maxBytes: number): Buffer {
  let at = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes.readUInt8(at++);
    size += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
    if (shift > 28) throw new Error('a snappy block has no length');
  }
  if (size > maxBytes) throw new Error(`a snappy block of ${size} bytes is too large`);
  const out = Buffer.allocUnsafe(size);
  let to = 0;
  while (at < bytes.length) {
    const tag = bytes.readUInt8(at++);
    const kind = tag & 3;
    if (kind === 0) {
      let length = (tag >> 2) + 1;
      if (length > 60) {
        const width = length - 60;
        length = bytes.readUIntLE(at, width) + 1;
        at += width;
      }
      if (at + length > bytes.length || to + length > size) throw new Error('a snappy block does not add up');
      to += bytes.copy(out, to, at, at + length);
      at += length;
      continue;
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    let distance: number;
    if (kind === 1) distance = ((tag >> 5) << 8) | bytes.readUInt8(at++);
    else {
      const width = kind === 2 ? 2 : 4;
      distance = bytes.readUIntLE(at, width);
      at += width;
    }
    to = appendCopy(out, to, distance, length);
  }
  if (to !== size) throw new Error('a snappy block does not add up');
  return out;
}
