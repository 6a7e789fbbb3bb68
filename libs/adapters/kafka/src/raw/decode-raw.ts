/** Record batches as `RawTopics` gives them: what was committed, and why there is nothing between. */
import { TenonError } from '@tenon/errors';
import type { Hole, HoleReason, RawHeader, RawRead, RawRecord } from '@tenon/ports';
import { AbortedBatches } from '../aborted';
import { decompress } from '../compression';
import type { AbortedTransaction } from '../fetch-response';
import { Cursor } from '../varint';

const HEADER_BYTES = 61;
const APPEND_TIME = 0x08;
const CONTROL = 0x20;

export interface RawPlace {
  readonly topic: string;
  readonly partition: number;
}

/**
 * @param recordSet what a Fetch of committed records answered: it may begin before `from` and end in the middle of a batch
 * @param end no record at or beyond it
 * @throws TenonError `unreadable-batch`: a copy that leaves out what it cannot read is none
 */
export function decodeRaw(
  place: RawPlace,
  recordSet: Buffer,
  aborted: readonly AbortedTransaction[],
  from: number,
  end: number,
): RawRead {
  const decoder = new RawDecoder(aborted, from, end);
  for (let at = 0; recordSet.length - at >= HEADER_BYTES && decoder.next < end;) {
    const after = at + 12 + recordSet.readInt32BE(at + 8);
    if (after > recordSet.length) break;
    const first = Number(recordSet.readBigInt64BE(at));
    try {
      decoder.batch(recordSet, at, after);
    } catch (error) {
      const { topic, partition } = place;
      throw new TenonError(
        'unreadable-batch',
        `Records of ${topic} cannot be read, partition ${partition} from offset ${Math.max(first, from)} on: ${(error as Error).message}.`,
        { cause: error },
      );
    }
    at = after;
  }
  return { records: decoder.records, holes: decoder.holes, next: decoder.next };
}

class RawDecoder {
  readonly records: RawRecord[] = [];
  readonly holes: Hole[] = [];
  next: number;
  private readonly aborted: AbortedBatches;

  constructor(
    aborted: readonly AbortedTransaction[],
    from: number,
    private readonly end: number,
  ) {
    this.next = from;
    this.aborted = new AbortedBatches(aborted);
  }

  batch(set: Buffer, at: number, after: number): void {
    if (set[at + 16] !== 2) throw new Error(`a batch has format ${set[at + 16]}, and not 2`);
    const base = Number(set.readBigInt64BE(at));
    const last = base + set.readInt32BE(at + 23);
    const attributes = set.readInt16BE(at + 21);
    const wasAborted = this.aborted.has(set, at);
    this.hole(base, 'compaction');
    if ((attributes & CONTROL) !== 0) {
      this.hole(last + 1, 'transaction-mark');
    } else if (wasAborted) {
      this.hole(last + 1, 'aborted');
    } else {
      if (last >= this.next) this.decode(set, at, after, base, attributes);
      this.hole(last + 1, 'compaction');
    }
  }

  /** Nothing from here to `to`. */
  private hole(to: number, reason: HoleReason): void {
    const until = Math.min(to, this.end);
    if (until <= this.next) return;
    const before = this.holes.at(-1);
    if (before?.to === this.next && before.reason === reason)
      this.holes[this.holes.length - 1] = { ...before, to: until };
    else this.holes.push({ from: this.next, to: until, reason });
    this.next = until;
  }

  private decode(set: Buffer, at: number, after: number, base: number, attributes: number): void {
    const codec = attributes & 7;
    const body = codec === 0 ? set : decompress(codec, set.subarray(at + HEADER_BYTES, after));
    const limit = codec === 0 ? after : body.length;
    const cursor = new Cursor(body, codec === 0 ? at + HEADER_BYTES : 0);
    const baseTime = Number(set.readBigInt64BE(at + 27));
    const appendTime = (attributes & APPEND_TIME) === 0 ? null : Number(set.readBigInt64BE(at + 35));
    for (let left = set.readInt32BE(at + 57); left > 0; left--) {
      const length = cursor.varint();
      const recordEnd = cursor.at + length;
      if (recordEnd > limit) throw new Error('a record is longer than its batch');
      cursor.at++; // attributes, unused
      const timestamp = appendTime ?? baseTime + cursor.varlong();
      if (appendTime !== null) cursor.varlong();
      const offset = base + cursor.varint();
      if (offset >= this.next && offset < this.end) {
        this.hole(offset, 'compaction');
        this.records.push(record(cursor, offset, timestamp));
        this.next = offset + 1;
        if (cursor.at !== recordEnd) throw new Error('a record does not add up');
      }
      cursor.at = recordEnd;
    }
  }
}

function record(cursor: Cursor, offset: number, timestamp: number): RawRecord {
  if (!Number.isSafeInteger(timestamp)) throw new Error(`the timestamp of offset ${offset} is out of range`);
  const key = part(cursor);
  const value = part(cursor);
  const count = cursor.varint();
  if (count === 0) return { offset, timestamp, key, value, headers: NO_HEADERS };
  const headers: RawHeader[] = [];
  for (let left = count; left > 0; left--) headers.push({ name: nameOf(cursor), value: part(cursor) });
  return { offset, timestamp, key, value, headers };
}

const NO_HEADERS: readonly RawHeader[] = [];

function part(cursor: Cursor): Uint8Array | null {
  const length = cursor.skipBytes();
  return length < 0 ? null : cursor.bytes.subarray(cursor.at - length, cursor.at);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function nameOf(cursor: Cursor): string {
  const bytes = part(cursor);
  if (bytes === null) throw new Error('a header has no name');
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new Error('the name of a header is not UTF-8');
  }
}
