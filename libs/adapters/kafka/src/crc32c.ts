/** CRC-32C (Castagnoli), as record batches carry it; eight bytes at a time (Kounavis and Berry, "slicing-by-8"). */

const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/** SLICES tables of 256. */
const TABLES = makeTables();

function makeTables(): Uint32Array {
  const tables = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let slice = 1; slice < SLICES; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = tables[(slice - 1) * 256 + byte] as number;
      tables[slice * 256 + byte] = (before >>> 8) ^ (tables[before & 0xff] as number);
    }
  }
  return tables;
}

/** @returns the checksum of bytes [start, end), unsigned */
export function crc32c(bytes: Uint8Array, start: number, end: number): number {
  const t = TABLES as unknown as readonly number[];
  const b = bytes as unknown as readonly number[];
  let crc = 0xffffffff | 0;
  let at = start;
  for (const last = end - 8; at <= last; at += 8) {
    crc ^= b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24);
    crc =
      t[1792 + (crc & 0xff)]! ^
      t[1536 + ((crc >>> 8) & 0xff)]! ^
      t[1280 + ((crc >>> 16) & 0xff)]! ^
      t[1024 + (crc >>> 24)]! ^
      t[768 + b[at + 4]!]! ^
      t[512 + b[at + 5]!]! ^
      t[256 + b[at + 6]!]! ^
      t[b[at + 7]!]!;
  }
  for (; at < end; at++) crc = t[(crc ^ b[at]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
