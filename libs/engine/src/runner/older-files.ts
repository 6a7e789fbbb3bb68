/**
 * Archive files that lack columns of the source as it is now, or have them in another type: they are read from the records that
 * the files keep, by the code that reads live records. So both layers judge a value alike, whenever its field was declared and
 * whenever the cuts fell.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import type { Offset } from '@tenon/domain';
import type { ArchiveMark, ArchiveRange, ArchiveRecord, LogRecord } from '@tenon/ports';
import type { Database } from '../sql/database';
import type { SourceColumn } from '../source-columns';
import { ArchiveFileWriter, PLACES } from './archive';
import type { AlikeFiles } from './file-columns';
import { alikeFiles, printedTypes } from './file-columns';
import { readParquet } from './files';
import type { Spool } from './spool';

/** How much of a file is held in memory at a time. */
const PART_RECORDS = 20_000;
const PART_BYTES = 16 << 20;

export interface CurrentFiles {
  readonly ranges: readonly ArchiveRange[];
  /** The ranges' files, by their columns. */
  readonly groups: readonly AlikeFiles[];
  /** Removes what was written to read them. */
  remove(): void;
}

export class OlderFiles {
  private written = 0;

  constructor(
    private readonly database: Database,
    private readonly spool: Spool,
    /** Where files can be put for the time of a run. */
    private readonly directory: string,
  ) {}

  /** The ranges, in files that have all of these columns; older files stand in for by new ones that have these alone. */
  async current(
    connection: DuckDBConnection,
    columns: readonly SourceColumn[],
    ranges: readonly ArchiveRange[],
  ): Promise<CurrentFiles> {
    const groups = await alikeFiles(connection, [...new Set(ranges.flatMap(({ paths }) => paths))]);
    const types = await printedTypes(connection, columns);
    const isCurrent = (group: AlikeFiles) =>
      columns.every(({ name }, index) => group.types.get(name) === types[index]);
    const kept = groups.filter(isCurrent);
    if (kept.length === groups.length) return { ranges, groups, remove: () => undefined };
    const standIns = new Map<string, string>();
    const remove = () => {
      for (const path of standIns.values()) rmSync(path, { force: true });
    };
    try {
      for (const { paths } of groups.filter((group) => !kept.includes(group)))
        for (const path of paths) {
          const to = join(this.directory, `older-${(this.written += 1)}.parquet`);
          standIns.set(path, to);
          await this.rewrite(path, to, columns);
        }
      const made = await alikeFiles(connection, [...standIns.values()]);
      const moved = ranges.map((range) => ({
        ...range,
        paths: range.paths.map((path) => standIns.get(path) ?? path),
      }));
      return { ranges: moved, groups: [...kept, ...made], remove };
    } catch (error) {
      remove();
      throw error;
    }
  }

  private async rewrite(from: string, to: string, columns: readonly SourceColumn[]): Promise<void> {
    const writer = new ArchiveFileWriter(this.database, this.spool, columns, PLACES);
    try {
      await this.database.use(async (connection) => {
        for await (const records of recordsOf(connection, from)) await writer.add(records);
      });
      await writer.finish(to);
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }
}

/** The records of a file, some at a time. Numbers come as doubles, which are read many times faster than BigInts. */
async function* recordsOf(connection: DuckDBConnection, path: string): AsyncGenerator<ArchiveRecord[]> {
  const result = await connection.stream(
    `SELECT __partition, CAST(__offset AS DOUBLE), CAST(epoch_ms(__timestamp) AS DOUBLE), __mark, __value FROM ${readParquet([path])}`,
  );
  let records: ArchiveRecord[] = [];
  let bytes = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    const [partition, offset, timestamp, mark, value] = [0, 1, 2, 3, 4].map((at) =>
      chunk.getColumnVector(at),
    );
    const { rowCount } = chunk;
    for (let row = 0; row < rowCount; row++) {
      const record = new KeptRecord(
        offset!.getItem(row) as number,
        timestamp!.getItem(row) as number,
        (value!.getItem(row) as DuckDBBlobValue).bytes,
      );
      records.push({
        partition: partition!.getItem(row) as number,
        record,
        mark: mark!.getItem(row) as ArchiveMark,
      });
      bytes += record.value.byteLength;
    }
    if (records.length < PART_RECORDS && bytes < PART_BYTES) continue;
    yield records;
    records = [];
    bytes = 0;
  }
  if (records.length > 0) yield records;
}

/** What columns are read from; headers and key stay in the file. */
class KeptRecord implements LogRecord {
  readonly key = null;

  constructor(
    readonly offset: Offset,
    readonly timestamp: number,
    readonly value: Uint8Array,
  ) {}

  header(): undefined {
    return undefined;
  }

  headerBytes(): undefined {
    return undefined;
  }

  headers(): Readonly<Record<string, string>> {
    return {};
  }
}
