/** Parquet files of the archive as a relation that a plan's SQL can read. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Plan } from '@tenon/domain';
import type { ArchiveRange } from '@tenon/ports';
import { quoteName, quoteText } from '../sql/text';
import { type ArchiveFiles, pathList } from './files';
import { numbers } from './partial';

/** The files as one relation with the names that a plan's SQL knows, cut to the ranges. */
export async function archiveRelation(
  connection: DuckDBConnection,
  plan: Plan,
  ranges: readonly ArchiveRange[],
  { whole, cut }: ArchiveFiles,
): Promise<string> {
  const { types, alike } = await fileColumns(connection, pathList([...whole, ...cut]));
  const own = plan.engine.columns.map(({ name, type }) => {
    const found = types.get(name.toLowerCase());
    // A column that came later is null in older files; one whose type has changed is cast.
    if (found === undefined) return `CAST(NULL AS ${type}) AS ${quoteName(name)}`;
    return found === type ? quoteName(name) : `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`;
  });
  const select = [
    ...own,
    '__mark',
    '__offset',
    '__unreadable',
    '__partition AS __tenon_partition',
    '__offset AS __tenon_row',
    'epoch_ms(__timestamp) AS __tenon_append',
  ].join(', ');
  const options = `filename = '__file'${alike ? '' : ', union_by_name = true'}`;
  const read = (paths: readonly string[]) =>
    `SELECT ${select} FROM read_parquet(${pathList(paths)}, ${options})`;
  // Ranges of one partition may lie in files that overlap (two writers cut the log differently): each takes its own.
  const spans = ranges.map(
    ({ partition, from, to, paths }) =>
      `(__partition = ${partition} AND __offset >= ${from} AND __offset < ${to} AND __file IN (${paths.map(quoteText).join(', ')}))`,
  );
  const parts = [
    ...(whole.length === 0 ? [] : [read(whole)]),
    ...(cut.length === 0 ? [] : [`${read(cut)} WHERE ${spans.join(' OR ')}`]),
  ];
  return `(${parts.join(' UNION ALL ')})`;
}

/** Columns of the files (lower case) with their types, and whether all files have the same. */
async function fileColumns(
  connection: DuckDBConnection,
  list: string,
): Promise<{ types: Map<string, string>; alike: boolean }> {
  const described = await connection.runAndReadAll(
    `DESCRIBE SELECT * FROM read_parquet(${list}, union_by_name = true)`,
  );
  const types = new Map(
    described.getRows().map(([name, type]) => [String(name).toLowerCase(), String(type)]),
  );
  const [[schemas]] = (await numbers(
    connection,
    `SELECT count(DISTINCT fields) FROM (
       SELECT list((name, type, converted_type, logical_type, num_children)) AS fields FROM parquet_schema(${list}) GROUP BY file_name)`,
  )) as [[number]];
  return { types, alike: schemas === 1 };
}
