/**
 * Parquet, read by DuckDB one chunk at a time: the one file at the path, whatever the path looks like, with the columns that are
 * in it and no other, by the names that they have there.
 */
import { resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Declared } from './declared';
import { quoteText, rowExpression } from './parquet-sql';
import { fileRefusal } from './refusal';
import type { FileRow, RowChunk, RowReader } from './rows';

export async function openParquet(path: string, declared: Declared): Promise<RowReader> {
  const total = await withConnection(path, async (connection) => {
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${fileAt(path)}`);
    return Number(counted.getRows()[0]![0]);
  });
  return { unit: 'rows', total, read: (skip) => readParquet(path, declared, skip) };
}

async function* readParquet(path: string, declared: Declared, skip: number): AsyncGenerator<RowChunk> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const shape = await connection.run(`SELECT * FROM ${fileAt(path)} LIMIT 0`);
    const types = shape.columnTypes();
    const labels = await namesIn(connection, path);
    const columns = shape.columnNames().map((name, index) => ({
      ...{ name, type: types[index]! },
      label: labels[index] ?? name,
    }));
    const row = rowExpression(columns, declared);
    // DuckDB numbers no rows of a file that has a column of that name; then they are counted.
    const numbered = columns.some(({ name }) => name.toLowerCase() === 'file_row_number')
      ? `SELECT row_number() OVER (), ${row} FROM ${fileAt(path)}`
      : `SELECT file_row_number + 1, ${row} FROM ${fileAt(path, ', file_row_number = true')}`;
    const result = await connection.stream(
      `SELECT * FROM (${numbered}) AS t("number", "text") WHERE "number" > ${skip}`,
    );
    let done = skip;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      const [numbers, texts] = chunk.getColumns() as [bigint[], string[]];
      const rows: FileRow[] = texts.map((text, index) => ({ number: Number(numbers[index]), text }));
      done = rows[rows.length - 1]!.number;
      yield { rows, done };
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A `name=value` in the path is no column, and none of its characters a pattern that other files might fit. */
const fileAt = (path: string, more = '') =>
  `read_parquet(${literally(path)}, hive_partitioning = false, union_by_name = false${more})`;

const literally = (path: string) => quoteText(resolve(path).replace(/[*?[]/g, '[$&]'));

/** The columns' names as they are written: DuckDB gives those that differ in case only another one. */
async function namesIn(connection: DuckDBConnection, path: string): Promise<string[]> {
  const reader = await connection.runAndReadAll(
    `SELECT name, coalesce(num_children, 0) FROM parquet_schema(${literally(path)}) ORDER BY column_id`,
  );
  const [, ...elements] = reader
    .getRows()
    .map(([name, children]) => [String(name), Number(children)] as const);
  const names: string[] = [];
  let within = 0;
  for (const [name, children] of elements) {
    if (within === 0) names.push(name);
    else within -= 1;
    within += children;
  }
  return names;
}

async function withConnection<T>(
  path: string,
  use: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return await use(connection);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const unreadable = (path: string, error: unknown) =>
  fileRefusal(
    'file-unreadable',
    `${path} can't be read as Parquet: ${(error as Error).message.split('\n')[0]}`,
    undefined,
    { file: path },
  );
