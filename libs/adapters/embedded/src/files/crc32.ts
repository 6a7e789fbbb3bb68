import * as zlib from 'node:zlib';

/** CRC-32 (ISO 3309), for Node before 20.15 and 22.2, which have none in zlib. */
export function tableCrc32(input: Uint8Array | string): number {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let word = byte;
  for (let bit = 0; bit < 8; bit++) word = word & 1 ? 0xedb88320 ^ (word >>> 1) : word >>> 1;
  return word;
});

type Crc32 = (input: Uint8Array | string) => number;

/** Of bytes, or of a text's UTF-8. */
export const crc32: Crc32 = (zlib as { crc32?: Crc32 }).crc32 ?? tableCrc32;

/** Tables for bytes that stand one, two and three before the last of four. */
const [TABLE_1, TABLE_2, TABLE_3] = [next(TABLE), next(next(TABLE)), next(next(next(TABLE)))] as const;

function next(table: Uint32Array): Uint32Array {
  return table.map((word) => (word >>> 8) ^ TABLE[word & 255]!);
}

/** Of bytes [from, to), four at a time: for what is short, a call into zlib costs more. */
export function crc32Within(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffffffff;
  let i = from;
  for (; i + 4 <= to; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      TABLE_3[crc & 255]! ^ TABLE_2[(crc >>> 8) & 255]! ^ TABLE_1[(crc >>> 16) & 255]! ^ TABLE[crc >>> 24]!;
  }
  for (; i < to; i += 1) crc = TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * Of a text’s units [0, to), whose UTF-8 they are where all are ASCII.
 *
 * @returns null where they are not
 */
export function asciiCrc32(text: string, to: number): number | null {
  let crc = 0xffffffff;
  let all = 0;
  let i = 0;
  for (; i + 4 <= to; i += 4) {
    const one = text.charCodeAt(i);
    const two = text.charCodeAt(i + 1);
    const three = text.charCodeAt(i + 2);
    const four = text.charCodeAt(i + 3);
    all |= one | two | three | four;
    crc ^= one | (two << 8) | (three << 16) | (four << 24);
    crc =
      TABLE_3[crc & 255]! ^ TABLE_2[(crc >>> 8) & 255]! ^ TABLE_1[(crc >>> 16) & 255]! ^ TABLE[crc >>> 24]!;
  }
  for (; i < to; i += 1) {
    const unit = text.charCodeAt(i);
    all |= unit;
    crc = TABLE[(crc ^ unit) & 255]! ^ (crc >>> 8);
  }
  return all > 127 ? null : (crc ^ 0xffffffff) >>> 0;
}
