/** Record batches of format 2, the only one that Kafka 4 writes (KIP-98; kafka.apache.org, "Record Batch"). */
import { logTime } from '@tenon/domain';
import { AbortedBatches } from './aborted';
import { decompress } from './compression';
import type { AbortedTransaction } from './fetch-response';
import { KafkaRecord } from './kafka-record';
import { Cursor } from './varint';

/** From the base offset to the number of records. */
const HEADER_BYTES = 61;
const MAGIC_AT = 16;
const CONTROL = 0x20;

/** A batch that is none: what stands in it is passed over. */
export interface UnreadableBatch {
  /** Its offsets: [from, to). */
  readonly from: number;
  readonly to: number;
  /** Goes on a sentence that begins with `the batch cannot be read: `. */
  readonly reason: string;
}

export interface DecodedSet {
  readonly records: KafkaRecord[];
  /** The offset to fetch next: after the last whole batch, or the one that was asked for. */
  readonly next: number;
  /** False if not even the first batch is whole. */
  readonly whole: boolean;
  readonly unreadable: readonly UnreadableBatch[];
}

const NONE: readonly AbortedTransaction[] = [];

/**
 * Never throws: whoever writes to a topic must not be able to end its readers.
 *
 * @param recordSet what a Fetch answered: it may begin before `from` and end in the middle of a batch
 * @param aborted what the answer to a Fetch of committed records names: their records are none
 */
export function decodeRecordSet(
  recordSet: Buffer,
  from: number,
  aborted: readonly AbortedTransaction[] = NONE,
): DecodedSet {
  const dropped = aborted.length === 0 ? null : new AbortedBatches(aborted);
  const records: KafkaRecord[] = [];
  const unreadable: UnreadableBatch[] = [];
  let next = from;
  let at = 0;
  while (recordSet.length - at >= HEADER_BYTES) {
    const end = at + 12 + recordSet.readInt32BE(at + 8);
    if (end > recordSet.length) break;
    const batch: KafkaRecord[] = [];
    const first = Number(recordSet.readBigInt64BE(at));
    const after = Math.max(from, first + recordSet.readInt32BE(at + 23) + 1);
    try {
      if (dropped?.has(recordSet, at) !== true) decodeBatch(recordSet, at, end, from, batch);
      records.push(...batch);
    } catch (error) {
      // Of an older format the last offset is not known where this one has it: it goes on behind what it can be sure of.
      const to = recordSet[at + MAGIC_AT] === 2 ? after : Math.max(from, first) + 1;
      unreadable.push({ from: Math.max(from, first), to, reason: (error as Error).message });
      next = Math.max(next, to);
      at = end;
      continue;
    }
    next = Math.max(next, after);
    at = end;
  }
  return { records, next, whole: at > 0, unreadable };
}

function decodeBatch(set: Buffer, at: number, end: number, from: number, into: KafkaRecord[]): void {
  const magic = set[at + MAGIC_AT];
  if (magic !== 2) throw new Error(`it has format ${magic}, and not 2`);
  const baseOffset = Number(set.readBigInt64BE(at));
  const attributes = set.readInt16BE(at + 21);
  const after = baseOffset + set.readInt32BE(at + 23) + 1;
  // Marks of transactions are no records.
  if (after <= from || (attributes & CONTROL) !== 0) return;
  const codec = attributes & 7;
  const body = codec === 0 ? set : decompress(codec, set.subarray(at + HEADER_BYTES, end));
  const cursor = new Cursor(body, codec === 0 ? at + HEADER_BYTES : 0);
  const baseTimestamp = Number(set.readBigInt64BE(at + 27));
  const appendTime = (attributes & 8) === 0 ? null : Number(set.readBigInt64BE(at + 35));
  for (let left = set.readInt32BE(at + 57); left > 0; left--) {
    const length = cursor.varint();
    const recordEnd = cursor.at + length;
    cursor.at++; // attributes, unused
    const timestamp = baseTimestamp + cursor.varlong();
    const offset = baseOffset + cursor.varint();
    const keyLength = cursor.skipBytes();
    const keyAt = cursor.at - Math.max(0, keyLength);
    const valueLength = cursor.varint();
    const valueAt = cursor.at;
    if (recordEnd > (codec === 0 ? end : body.length) || valueAt + valueLength > recordEnd)
      throw new Error('a record of it is longer than the batch');
    cursor.at = recordEnd;
    if (offset < from) continue;
    const time = logTime(appendTime ?? timestamp);
    into.push(new KafkaRecord(offset, time, body, keyAt, keyLength, valueAt, valueLength));
  }
}
