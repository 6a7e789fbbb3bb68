/** Records of archive files as they stood in the log: key, value, headers and timestamp, in the order of their offsets. */
import type { DuckDBBlobValue } from '@duckdb/node-api';
import type { Offset } from '@tenon/domain';
import type { ArchiveRange, LogRecord } from '@tenon/ports';
import { type Database, engineFailure } from '../sql/database';
import { readParquet } from './files';

/** How much is held in memory at a time. */
const PART_RECORDS = 20_000;
const PART_BYTES = 16 << 20;

/** Numbers come as doubles, which are read many times faster than BigInts. */
const COLUMNS = 'CAST(__offset AS DOUBLE), CAST(epoch_ms(__timestamp) AS DOUBLE), __key, __value, __headers';

export async function* archivedRecords(
  database: Database,
  { partition, from, to, paths }: ArchiveRange,
): AsyncGenerator<LogRecord[]> {
  const connection = await database.acquire();
  let ended = false;
  try {
    const result = await connection.stream(
      `SELECT ${COLUMNS} FROM ${readParquet(paths)}
       WHERE __partition = ${partition} AND __offset >= ${from} AND __offset < ${to} ORDER BY __offset`,
    );
    let records: LogRecord[] = [];
    let bytes = 0;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) break;
      const columns = [0, 1, 2, 3, 4].map((at) => chunk.getColumnVector(at));
      const at = (column: number, row: number) => columns[column]!.getItem(row);
      for (let row = 0; row < chunk.rowCount; row++) {
        const key = at(2, row) as DuckDBBlobValue | null;
        const value = (at(3, row) as DuckDBBlobValue).bytes;
        const headers = at(4, row) as string;
        records.push(
          new ArchivedRecord(at(0, row) as number, at(1, row) as number, key?.bytes ?? null, value, headers),
        );
        bytes += value.byteLength + headers.length;
        if (records.length < PART_RECORDS && bytes < PART_BYTES) continue;
        yield records;
        records = [];
        bytes = 0;
      }
    }
    ended = true;
    if (records.length > 0) yield records;
  } catch (error) {
    throw engineFailure(error, `Reading records of the archive (${paths.join(', ')})`);
  } finally {
    // One with a result that nobody reads to its end would wait for that.
    if (ended) database.release(connection);
    else connection.closeSync();
  }
}

class ArchivedRecord implements LogRecord {
  private parsed: Map<string, string> | null = null;

  constructor(
    readonly offset: Offset,
    readonly timestamp: number,
    readonly key: Uint8Array | null,
    readonly value: Uint8Array,
    private readonly headerText: string,
  ) {}

  header(name: string): string | undefined {
    this.parsed ??= new Map(Object.entries(JSON.parse(this.headerText) as Record<string, string>));
    return this.parsed.get(name);
  }

  headerBytes(name: string): Uint8Array | undefined {
    const text = this.header(name);
    return text === undefined ? undefined : Buffer.from(text);
  }

  headers(): Record<string, string> {
    return JSON.parse(this.headerText) as Record<string, string>;
  }
}
