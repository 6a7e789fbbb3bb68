/** Record batches of records as they are: null values, headers without a value; numbered, so that the broker takes each once. */
import type { NewRawRecord } from '@tenon/ports';
import { crc32c } from '../crc32c';

const HEADER_BYTES = 61;

/** Who writes, and the number of the batch's first record. */
export interface BatchNumber {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly sequence: number;
}

export function encodeRaw(records: readonly NewRawRecord[], number: BatchNumber): Buffer {
  const base = records[0]?.timestamp ?? 0;
  const names = records.map(({ headers }) => headers.map(({ name }) => Buffer.from(name)));
  const lengths = records.map((record, index) => lengthOf(record, names[index] as Buffer[], index, base));
  const total = lengths.reduce((sum, length) => sum + sizeOf(length) + length, HEADER_BYTES);
  const writer = new Writer(Buffer.allocUnsafe(total));
  let latest = base;
  records.forEach((record, index) => {
    latest = Math.max(latest, record.timestamp);
    writer.varlong(lengths[index] as number);
    writer.byte(0); // attributes
    writer.varlong(record.timestamp - base);
    writer.varlong(index);
    writer.part(record.key);
    writer.part(record.value);
    writer.varlong(record.headers.length);
    record.headers.forEach(({ value }, header) => {
      writer.part(names[index]?.[header] as Buffer);
      writer.part(value);
    });
  });
  return writer.finish(records.length, base, latest, number);
}

function lengthOf(
  { key, value, headers, timestamp }: NewRawRecord,
  names: readonly Buffer[],
  index: number,
  base: number,
): number {
  let length = 1 + sizeOf(timestamp - base) + sizeOf(index) + sizeOfPart(key) + sizeOfPart(value);
  length += sizeOf(headers.length);
  headers.forEach((header, at) => {
    length += sizeOfPart(names[at] as Buffer) + sizeOfPart(header.value);
  });
  return length;
}

const sizeOfPart = (part: Uint8Array | null) => (part === null ? 1 : sizeOf(part.length) + part.length);

function sizeOf(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);

class Writer {
  private at = HEADER_BYTES;

  constructor(private readonly bytes: Buffer) {}

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  varlong(value: number): void {
    let rest = zigzag(value);
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.byte((rest % 0x80) | 0x80);
    this.byte(rest);
  }

  part(part: Uint8Array | null): void {
    if (part === null) return this.varlong(-1);
    this.varlong(part.length);
    this.bytes.set(part, this.at);
    this.at += part.length;
  }

  finish(count: number, base: number, latest: number, number: BatchNumber): Buffer {
    const { bytes } = this;
    bytes.writeBigInt64BE(0n, 0); // the base offset is the broker's to say
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes.writeInt32BE(-1, 12); // leader epoch
    bytes[16] = 2;
    bytes.writeInt16BE(0, 21); // attributes
    bytes.writeInt32BE(count - 1, 23);
    bytes.writeBigInt64BE(BigInt(base), 27);
    bytes.writeBigInt64BE(BigInt(latest), 35);
    bytes.writeBigInt64BE(number.producerId, 43);
    bytes.writeInt16BE(number.epoch, 51);
    bytes.writeInt32BE(number.sequence, 53);
    bytes.writeInt32BE(count, 57);
    bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
    return bytes;
  }
}
