/** Record batches of format 2, the only one that Kafka 4 writes (KIP-98; kafka.apache.org, "Record Batch"). */
import { gunzipSync } from 'node:zlib';
import { TenonError } from '@tenon/errors';
import { KafkaRecord } from './kafka-record';
import { Cursor } from './varint';

/** From the base offset to the number of records. */
const HEADER_BYTES = 61;
const MAGIC_AT = 16;
const CONTROL = 0x20;
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

export interface DecodedSet {
  readonly records: KafkaRecord[];
  /** The offset to fetch next: after the last whole batch, or the one that was asked for. */
  readonly next: number;
  /** False if not even the first batch is whole. */
  readonly whole: boolean;
}

/**
 * @param recordSet what a Fetch answered: it may begin before `from` and end in the middle of a batch
 * @throws TenonError `unsupported-compression` for a codec other than gzip
 */
export function decodeRecordSet(recordSet: Buffer, from: number): DecodedSet {
  const records: KafkaRecord[] = [];
  let next = from;
  let at = 0;
  while (recordSet.length - at >= HEADER_BYTES) {
    const end = at + 12 + recordSet.readInt32BE(at + 8);
    if (end > recordSet.length) break;
    next = Math.max(next, decodeBatch(recordSet, at, end, from, records));
    at = end;
  }
  return { records, next, whole: at > 0 };
}

/** @returns the offset after the batch */
function decodeBatch(set: Buffer, at: number, end: number, from: number, into: KafkaRecord[]): number {
  const magic = set[at + MAGIC_AT];
  if (magic !== 2) {
    throw new TenonError(
      'unsupported-record-format',
      `A record batch has format ${magic}; this reads format 2.`,
    );
  }
  const baseOffset = Number(set.readBigInt64BE(at));
  const attributes = set.readInt16BE(at + 21);
  const after = baseOffset + set.readInt32BE(at + 23) + 1;
  // Marks of transactions are no records.
  if (after <= from || (attributes & CONTROL) !== 0) return after;
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
    cursor.at = recordEnd;
    if (offset < from) continue;
    into.push(new KafkaRecord(offset, appendTime ?? timestamp, body, keyAt, keyLength, valueAt, valueLength));
  }
  return after;
}

function decompress(codec: number, bytes: Buffer): Buffer {
  if (codec === 1) return gunzipSync(bytes);
  throw new TenonError(
    'unsupported-compression',
    `A record batch is compressed with ${CODECS[codec] ?? `codec ${codec}`}; this reads gzip and plain ones.`,
    { hint: "Set the topic's compression.type to uncompressed or gzip, and the other writers' too." },
  );
}
