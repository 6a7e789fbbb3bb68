/** The columns of archive files: what was declared when each was written. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlType } from '@tenon/domain';
import type { SourceColumn } from '../source-columns';
import { pathList, readParquet } from './files';

/** Files with the same columns. */
export interface AlikeFiles {
  readonly paths: readonly string[];
  /** Name, as it is written, → type as DuckDB prints it. */
  readonly types: ReadonlyMap<string, SqlType>;
}

/** Groups files by their columns; reads their footers. */
export async function alikeFiles(
  connection: DuckDBConnection,
  paths: readonly string[],
): Promise<AlikeFiles[]> {
  const grouped = await connection.runAndReadAll(
    `SELECT list(file_name) FROM (
       SELECT file_name, list((name, type, type_length, repetition_type, num_children, converted_type, scale, precision, logical_type) ORDER BY column_id) AS columns
       FROM parquet_schema(${pathList(paths)}) GROUP BY file_name)
     GROUP BY columns`,
  );
  const groups: AlikeFiles[] = [];
  for (const [group] of grouped.getRowsJS() as string[][][]) {
    const types = new Map(await described(connection, `SELECT * FROM ${readParquet(group!.slice(0, 1))}`));
    groups.push({ paths: group!, types });
  }
  return groups;
}

/** The columns' types as DuckDB prints them, to be compared with those of files. */
export async function printedTypes(
  connection: DuckDBConnection,
  columns: readonly SourceColumn[],
): Promise<SqlType[]> {
  const nulls = columns.map(({ type }, index) => `CAST(NULL AS ${type}) AS c${index}`);
  return (await described(connection, `SELECT ${nulls.join(', ')}`)).map(([, type]) => type);
}

async function described(
  connection: DuckDBConnection,
  select: string,
): Promise<(readonly [name: string, type: SqlType])[]> {
  const reader = await connection.runAndReadAll(`DESCRIBE ${select}`);
  return reader.getRows().map(([name, type]) => [String(name), String(type)] as const);
}
