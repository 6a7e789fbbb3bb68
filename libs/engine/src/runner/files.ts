/** What Parquet's own statistics say of archive files, so that most of them need no row by row filter. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Partition } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type { ArchiveRange } from '@tenon/ports';
import { quoteText } from '../sql/text';

export interface ArchiveFiles {
  /** Files of which every record is in its range. */
  readonly whole: readonly string[];
  /** Files that reach beyond their range, or of which that is not known. */
  readonly cut: readonly string[];
  /** False if some record of the whole files may have a column that can't be read. */
  readonly readable: boolean;
  /** From the earliest event time to the latest, microseconds; null if that is not known. */
  readonly timeSpan: number | null;
  /** How many records of the whole files have no event time; null if that is not known. */
  readonly withoutTime: number | null;
}

/** DuckDB takes these characters of a path for patterns. */
const PATTERN = /[*?[]/g;

/** The paths as SQL, each for itself. */
export const pathList = (paths: readonly string[]) =>
  `[${paths.map((path) => quoteText(path.replace(PATTERN, '[$&]'))).join(', ')}]`;

/**
 * Files of the same columns as a relation: with the columns that are in them, and no other. DuckDB would take a `name=value` in a
 * path for a column, which hides the file's own.
 *
 * @param file a column for the file's path
 */
export const readParquet = (paths: readonly string[], file?: string) =>
  `read_parquet(${pathList(paths)}, hive_partitioning = false, union_by_name = false${file === undefined ? '' : `, filename = ${quoteText(file)}`})`;

/** Reads the files' footers. @throws TenonError `archive-damaged` for a file of another partition than its range */
export async function inspect(
  connection: DuckDBConnection,
  ranges: readonly ArchiveRange[],
): Promise<ArchiveFiles> {
  const paths = [...new Set(ranges.flatMap((range) => range.paths))];
  const reader = await connection.runAndReadAll(
    `SELECT file_name,
       min(TRY_CAST(stats_min_value AS BIGINT)) FILTER (WHERE path_in_schema = '__offset'),
       max(TRY_CAST(stats_max_value AS BIGINT)) FILTER (WHERE path_in_schema = '__offset'),
       min(TRY_CAST(stats_min_value AS BIGINT)) FILTER (WHERE path_in_schema = '__partition'),
       max(TRY_CAST(stats_max_value AS BIGINT)) FILTER (WHERE path_in_schema = '__partition'),
       bool_and(stats_null_count IS NOT DISTINCT FROM num_values) FILTER (WHERE path_in_schema = '__unreadable'),
       sum(stats_null_count) FILTER (WHERE path_in_schema = 'event_time'),
       bool_or(stats_null_count IS NULL) FILTER (WHERE path_in_schema = 'event_time'),
       epoch_us(min(TRY_CAST(stats_min_value AS TIMESTAMP)) FILTER (WHERE path_in_schema = 'event_time')),
       epoch_us(max(TRY_CAST(stats_max_value AS TIMESTAMP)) FILTER (WHERE path_in_schema = 'event_time'))
     FROM parquet_metadata(${pathList(paths)}) GROUP BY file_name`,
  );
  const whole: string[] = [];
  let readable = true;
  let withoutTime: number | null = 0;
  const times: number[] = [];
  for (const [
    name,
    low,
    high,
    partition,
    last,
    allReadable,
    nulls,
    unsure,
    earliest,
    latest,
  ] of reader.getRows()) {
    const path = String(name);
    checkPartition(ranges, path, partition, last);
    if (earliest !== null && latest !== null) times.push(Number(earliest), Number(latest));
    const range = ranges.find((one) => one.paths.includes(path) && one.partition === Number(partition));
    const shared = ranges.filter((one) => one.paths.includes(path)).length > 1;
    const inside = range !== undefined && !shared && low !== null && high !== null && partition === last;
    if (!inside || Number(low) < range.from || Number(high) >= range.to) continue;
    whole.push(path);
    if (allReadable !== true) readable = false;
    withoutTime =
      withoutTime === null || unsure !== false || nulls === null ? null : withoutTime + Number(nulls);
  }
  const known = new Set(whole);
  const timeSpan = times.length === 0 ? null : Math.max(...times) - Math.min(...times);
  return { whole, cut: paths.filter((path) => !known.has(path)), readable, timeSpan, withoutTime };
}

/** A filter by partition would silently leave out what such a file holds. */
function checkPartition(ranges: readonly ArchiveRange[], path: string, low: unknown, high: unknown): void {
  const wanted: Partition | undefined = ranges.find(({ paths }) => paths.includes(path))?.partition;
  if (low === null || wanted === undefined || (Number(low) === wanted && Number(high) === wanted)) return;
  throw new TenonError(
    'archive-damaged',
    `${path} holds records of partition ${String(low)}, and not of partition ${wanted}.`,
    { hint: 'Put the file back from a backup.' },
  );
}

/** Partition → the timestamp of the last record of its ranges, milliseconds. The files alone in which they stand are read. */
export async function endsOf(
  connection: DuckDBConnection,
  ranges: readonly ArchiveRange[],
): Promise<Map<Partition, number>> {
  const last = new Map<Partition, ArchiveRange>();
  for (const range of ranges)
    if (range.to > (last.get(range.partition)?.to ?? 0)) last.set(range.partition, range);
  const files = [...last.values()].flatMap(({ paths }) => paths.slice(-1));
  if (files.length === 0) return new Map();
  const where = [...last.values()]
    .map(({ partition, to }) => `(__partition = ${partition} AND __offset = ${to - 1})`)
    .join(' OR ');
  const reader = await connection.runAndReadAll(
    files
      .map((file) => `SELECT __partition, epoch_ms(__timestamp) FROM ${readParquet([file])} WHERE ${where}`)
      .join(' UNION ALL '),
  );
  return new Map(reader.getRows().map(([partition, millis]) => [Number(partition), Number(millis)]));
}
