/** LZ4 frames (lz4_Frame_format.md), whose blocks may refer to those before them; checksums are not looked at: batches have one. */
import { appendCopy } from './back-reference';

const MAGIC = 0x184d2204;
const PLAIN = 0x80000000;
const FIRST_BYTES = 1 << 16;

/** @throws an Error for bytes that are no frames, or that would become more than `maxBytes` */
export function unframeLz4(bytes: Buffer, maxBytes: number): Buffer {
  const output = new Output(maxBytes);
  for (let at = 0; at < bytes.length;) at = frame(bytes, at, output);
  return output.bytes();
}

/** @returns where it ends */
function frame(bytes: Buffer, from: number, output: Output): number {
  if (bytes.readUInt32LE(from) !== MAGIC) throw new Error('it is no LZ4 frame');
  const flags = bytes.readUInt8(from + 4);
  const [hasSize, hasDictionary] = [(flags & 0x08) !== 0, (flags & 0x01) !== 0];
  const [hasBlockChecksum, hasChecksum] = [(flags & 0x10) !== 0, (flags & 0x04) !== 0];
  if (hasDictionary) throw new Error('an LZ4 frame needs a dictionary');
  let at = from + 7 + (hasSize ? 8 : 0);
  for (;;) {
    const head = bytes.readUInt32LE(at);
    at += 4;
    if (head === 0) break;
    const end = at + (head & ~PLAIN);
    if (end > bytes.length) throw new Error('an LZ4 block is cut short');
    if (head >= PLAIN) output.add(bytes, at, end);
    else block(bytes, at, end, output);
    at = end + (hasBlockChecksum ? 4 : 0);
  }
  return at + (hasChecksum ? 4 : 0);
}

function block(bytes: Buffer, from: number, end: number, output: Output): void {
  let at = from;
  /** What is 15 goes on in the bytes behind it. */
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (let byte = 255; byte === 255; length += byte) byte = bytes.readUInt8(at++);
    return length;
  };
  while (at < end) {
    const token = bytes.readUInt8(at++);
    const literals = lengthOf(token >> 4);
    if (at + literals > end) throw new Error('an LZ4 block does not add up');
    output.add(bytes, at, at + literals);
    at += literals;
    if (at === end) return;
    const distance = bytes.readUInt16LE(at);
    at += 2;
    output.copy(distance, lengthOf(token & 15) + 4);
  }
}

class Output {
  private buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private to = 0;

  constructor(private readonly maxBytes: number) {}

  add(bytes: Buffer, from: number, end: number): void {
    this.reserve(end - from);
    this.to += bytes.copy(this.buffer, this.to, from, end);
  }

  copy(distance: number, length: number): void {
    this.reserve(length);
    this.to = appendCopy(this.buffer, this.to, distance, length);
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.to);
  }

  private reserve(length: number): void {
    const needed = this.to + length;
    if (needed <= this.buffer.length) return;
    if (needed > this.maxBytes)
      throw new Error(`LZ4 frames of more than ${this.maxBytes} bytes are too large`);
    const larger = Buffer.allocUnsafe(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.to);
    this.buffer = larger;
  }
}
