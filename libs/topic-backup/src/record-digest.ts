/** A digest of records in their order: SHA-256 over what a copy must keep of them, which their offsets are not. */
import { createHash } from 'node:crypto';
import type { NewRawRecord } from '@tenon/ports';

const BUFFER_BYTES = 1 << 16;

/**
 * Of each record: timestamp (i64), key, value, number of headers (i32), and of each its name and value. A part is its length (i32)
 * and its bytes; null is the length -1. All big-endian.
 */
export class RecordDigest {
  private readonly hash = createHash('sha256');
  private readonly buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  private at = 0;
  records = 0;

  add({ timestamp, key, value, headers }: NewRawRecord): void {
    this.records++;
    this.room(12);
    this.at = this.buffer.writeBigInt64BE(BigInt(timestamp), this.at);
    this.part(key);
    this.part(value);
    this.int(headers.length);
    for (const header of headers) {
      this.part(Buffer.from(header.name));
      this.part(header.value);
    }
  }

  /** In hexadecimal; nothing may be added after. */
  end(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private part(bytes: Uint8Array | null): void {
    if (bytes === null) return this.int(-1);
    this.int(bytes.length);
    if (bytes.length > BUFFER_BYTES) {
      this.flush();
      this.hash.update(bytes);
      return;
    }
    this.room(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  private int(value: number): void {
    this.room(4);
    this.at = this.buffer.writeInt32BE(value, this.at);
  }

  private room(bytes: number): void {
    if (this.at + bytes > BUFFER_BYTES) this.flush();
  }

  private flush(): void {
    this.hash.update(this.buffer.subarray(0, this.at));
    this.at = 0;
  }
}

/** So many records in a row, and their digest. */
export interface Segment {
  readonly records: number;
  readonly digest: string;
}

/** The digest of a partition: of its segments' digests. */
export const digestOfSegments = (digests: readonly string[]): string =>
  createHash('sha256').update(digests.join('\n')).digest('hex');

/** Digests of segments of known lengths, as their records come by. */
export class SegmentDigests {
  readonly found: string[] = [];
  private open = new RecordDigest();

  /** @param lengths of each segment, at least one record */
  constructor(private readonly lengths: readonly number[]) {}

  add(record: NewRawRecord): void {
    this.open.add(record);
    if (this.open.records === this.lengths[this.found.length]) this.close();
  }

  /** What is left over, where the lengths did not foresee it. */
  end(): readonly string[] {
    if (this.open.records > 0) this.close();
    return this.found;
  }

  private close(): void {
    this.found.push(this.open.end());
    this.open = new RecordDigest();
  }
}
