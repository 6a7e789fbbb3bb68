/** The columns of a file of records (docs/dump.md), and a record from and to them. */
import {
  BIGINT,
  BLOB,
  DuckDBBlobValue,
  DuckDBDataChunk,
  DuckDBListValue,
  DuckDBStructValue,
  INTEGER,
  LIST,
  STRUCT,
  VARCHAR,
} from '@duckdb/node-api';
import type { DuckDBValue } from '@duckdb/node-api';
import type { RawHeader, RawRecord } from '@tenon/ports';

export const HEADERS_TYPE = 'STRUCT("name" VARCHAR, "value" BLOB)[]';

export const TABLE_COLUMNS = `"partition" INTEGER, "offset" BIGINT, "timestamp" BIGINT, "key" BLOB, "value" BLOB, "headers" ${HEADERS_TYPE}`;

export const FILE_COLUMNS = ['partition', 'offset', 'timestamp', 'key', 'value', 'headers'] as const;

const TYPES = [INTEGER, BIGINT, BIGINT, BLOB, BLOB, LIST(STRUCT({ name: VARCHAR, value: BLOB }))];

/** Rows of one chunk. */
export const CHUNK_ROWS = 2048;

const blob = (bytes: Uint8Array | null) => (bytes === null ? null : new DuckDBBlobValue(bytes));
const NO_HEADERS = new DuckDBListValue([]);

const headersValue = (headers: readonly RawHeader[]) =>
  headers.length === 0
    ? NO_HEADERS
    : new DuckDBListValue(
        headers.map(({ name, value }) => new DuckDBStructValue({ name, value: blob(value) })),
      );

/** @param records no more than a chunk has rows */
export function chunkOf(partition: number, records: readonly RawRecord[]): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(TYPES, records.length);
  const set = (column: number, value: (record: RawRecord) => DuckDBValue) => {
    const vector = chunk.getColumnVector(column);
    records.forEach((record, row) => vector.setItem(row, value(record)));
    vector.flush();
  };
  set(0, () => partition);
  set(1, ({ offset }) => BigInt(offset));
  set(2, ({ timestamp }) => BigInt(timestamp));
  set(3, ({ key }) => blob(key));
  set(4, ({ value }) => blob(value));
  set(5, ({ headers }) => headersValue(headers));
  return chunk;
}

const bytesOf = (value: DuckDBValue): Uint8Array | null =>
  value === null ? null : (value as DuckDBBlobValue).bytes;

const NONE: readonly RawHeader[] = [];

function headersOf(value: DuckDBValue): readonly RawHeader[] {
  const items = value === null ? [] : (value as DuckDBListValue).items;
  if (items.length === 0) return NONE;
  return items.map((item) => {
    const { name, value: bytes } = (item as DuckDBStructValue).entries as Record<
      'name' | 'value',
      DuckDBValue
    >;
    return { name: name as string, value: bytesOf(bytes) };
  });
}

/** The records of a chunk whose columns are those of `FILE_COLUMNS`. */
export function recordsOf(chunk: DuckDBDataChunk): RawRecord[] {
  const [, offsets, timestamps, keys, values, headers] = FILE_COLUMNS.map((_, index) =>
    chunk.getColumnVector(index),
  );
  return Array.from({ length: chunk.rowCount }, (_, row) => ({
    offset: Number(offsets?.getItem(row)),
    timestamp: Number(timestamps?.getItem(row)),
    key: bytesOf(keys?.getItem(row) ?? null),
    value: bytesOf(values?.getItem(row) ?? null),
    headers: headersOf(headers?.getItem(row) ?? null),
  }));
}
