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
