/** Parquet, read by DuckDB one chunk at a time. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import { failure } from '../cli/failure';
import type { Declared } from './declared';
import { quoteText, rowExpression } from './parquet-sql';
import type { FileRow, RowChunk, RowReader } from './rows';

export async function openParquet(path: string, declared: Declared): Promise<RowReader> {
  const total = await withConnection(path, async (connection) => {
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM read_parquet(${quoteText(path)})`);
    return Number(counted.getRows()[0]![0]);
  });
  return { unit: 'rows', total, read: (skip) => readParquet(path, declared, skip) };
}

async function* readParquet(path: string, declared: Declared, skip: number): AsyncGenerator<RowChunk> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const shape = await connection.run(`SELECT * FROM read_parquet(${quoteText(path)}) LIMIT 0`);
    const types = shape.columnTypes();
    const columns = shape.columnNames().map((name, index) => ({ name, type: types[index]! }));
    const result = await connection.stream(
      `SELECT file_row_number + 1, ${rowExpression(columns, declared)} ` +
        `FROM read_parquet(${quoteText(path)}, file_row_number = true) WHERE file_row_number >= ${skip}`,
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
  failure(
    'file-unreadable',
    `${path} can't be read as Parquet: ${(error as Error).message.split('\n')[0]}`,
    undefined,
    { file: path },
  );
