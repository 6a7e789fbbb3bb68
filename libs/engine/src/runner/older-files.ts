/**
 * Archive files that lack columns of the source as it is now, or have them in another type: they are read from the records that
 * the files keep, by the code that reads live records. So both layers judge a value alike, whenever its field was declared and
 * whenever the cuts fell.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveMark, ArchiveRange, ArchiveRecord } from '@tenon/ports';
import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
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

/** The records of a file, some at a time. */
async function* recordsOf(connection: DuckDBConnection, path: string): AsyncGenerator<ArchiveRecord[]> {
  const result = await connection.stream(
    `SELECT __partition, __offset, epoch_ms(__timestamp), __mark, __value FROM ${readParquet([path])}`,
  );
  let records: ArchiveRecord[] = [];
  let bytes = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    for (const row of chunk.getRows()) {
      const [partition, offset, timestamp, mark, value] = row as Row;
      records.push(recordOf(partition, Number(offset), Number(timestamp), mark, value.bytes));
      bytes += value.bytes.byteLength;
    }
    if (records.length < PART_RECORDS && bytes < PART_BYTES) continue;
    yield records;
    records = [];
    bytes = 0;
  }
  if (records.length > 0) yield records;
}

type Row = [number, bigint, bigint, ArchiveMark, DuckDBBlobValue];

const recordOf = (
  partition: number,
  offset: number,
  timestamp: number,
  mark: ArchiveMark,
  value: Uint8Array,
): ArchiveRecord => ({
  ...{ partition, mark },
  record: {
    ...{ offset, timestamp, value, key: null },
    header: () => undefined,
    headerBytes: () => undefined,
    headers: () => ({}),
  },
});
