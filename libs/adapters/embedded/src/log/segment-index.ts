import { readFile, rename, writeFile } from 'node:fs/promises';
import { crc32 } from '../files/crc32';
import { FORMAT_VERSION } from './format';

/** An entry at least every so many bytes of the segment. */
const INTERVAL = 64 * 1024;

/**
 * Where in a segment an offset is to be looked for: a sparse list of frames. It is a help and not a fact: a missing or
 * damaged index file is made anew from the segment.
 */
export class SegmentIndex {
  /** The part of the segment that the index covers, all of it whole frames. */
  bytes = 0;
  /** The latest timestamp in that part. */
  latest = Number.NEGATIVE_INFINITY;

  private constructor(
    /** The offset after the last record of that part. */
    public nextOffset: number,
    private readonly offsets: number[],
    private readonly positions: number[],
  ) {}

  static empty(baseOffset: number): SegmentIndex {
    return new SegmentIndex(baseOffset, [], []);
  }

  /** Notes a frame; frames come in order. */
  add(position: number, offset: number): void {
    const last = this.positions[this.positions.length - 1];
    if (last !== undefined && position - last < INTERVAL) return;
    this.offsets.push(offset);
    this.positions.push(position);
  }

  /** The position of a frame at or before the one that holds `offset`. */
  find(offset: number): number {
    let low = 0;
    let high = this.offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.offsets[middle] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    return this.positions[low - 1] ?? 0;
  }

  async save(path: string): Promise<void> {
    const head = [FORMAT_VERSION, this.bytes, this.nextOffset, this.latest, this.offsets.length];
    const body = Buffer.from(new Float64Array([...head, ...this.offsets, ...this.positions]).buffer);
    const crc = Buffer.alloc(4);
    crc.writeUInt32LE(crc32(body));
    await writeFile(`${path}.tmp`, Buffer.concat([body, crc]));
    await rename(`${path}.tmp`, path);
  }

  /** @returns null if there is no index that can be used */
  static async load(path: string): Promise<SegmentIndex | null> {
    const file = await readFile(path).catch(() => null);
    if (file === null || file.length < 44 || file.length % 8 !== 4) return null;
    const body = file.subarray(0, -4);
    if (crc32(body) !== file.readUInt32LE(file.length - 4)) return null;
    const numbers = [...new Float64Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.length))];
    const [version, bytes = 0, nextOffset = 0, latest = 0, entries = 0] = numbers;
    if (version !== FORMAT_VERSION || numbers.length !== 5 + 2 * entries) return null;
    const index = new SegmentIndex(nextOffset, numbers.slice(5, 5 + entries), numbers.slice(5 + entries));
    index.bytes = bytes;
    index.latest = latest;
    return index;
  }
}
