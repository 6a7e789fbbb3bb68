/** What is read of a topic as JSON: how one process gives it to another. Bytes are base64. */
import type { Hole, RawHeader, RawRead, RawRecord } from '@tenon/ports';

type Bytes = string | null;

export interface RawReadJson {
  /** Offset, timestamp, key, value, headers. */
  readonly records: readonly (readonly [
    number,
    number,
    Bytes,
    Bytes,
    readonly (readonly [string, Bytes])[],
  ])[];
  readonly holes: readonly Hole[];
  readonly next: number;
}

const textOf = (bytes: Uint8Array | null): Bytes =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
const bytesOf = (text: Bytes): Uint8Array | null => (text === null ? null : Buffer.from(text, 'base64'));

export const toRawJson = ({ records, holes, next }: RawRead): RawReadJson => ({
  records: records.map(({ offset, timestamp, key, value, headers }) => [
    ...([offset, timestamp, textOf(key), textOf(value)] as const),
    headers.map((header) => [header.name, textOf(header.value)] as const),
  ]),
  holes,
  next,
});

export const fromRawJson = ({ records, holes, next }: RawReadJson): RawRead => ({
  records: records.map(([offset, timestamp, key, value, headers]): RawRecord => ({
    ...{ offset, timestamp, key: bytesOf(key), value: bytesOf(value) },
    headers: headers.map(([name, text]): RawHeader => ({ name, value: bytesOf(text) })),
  })),
  holes,
  next,
});
