/** Several files of the archive as one. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TenonError } from '@tenon/errors';
import type { Database } from '../sql/database';
import { engineFailure } from '../sql/database';
import { quoteText } from '../sql/text';
import { alikeFiles } from './file-columns';
import { readParquet } from './files';

/** @returns false where the files do not have the same columns: nothing was written */
export async function joinFiles(
  database: Database,
  paths: readonly string[],
  to: string,
  mark: string,
): Promise<boolean> {
  try {
    return await database.use(async (connection) => {
      if ((await alikeFiles(connection, paths)).length !== 1) return false;
      // DuckDB keeps the order of files and rows. Not to sort them bounds what it holds.
      await connection.run(
        `COPY (SELECT * FROM ${readParquet(paths)}) TO ${quoteText(to)}
         (FORMAT parquet, COMPRESSION zstd, KV_METADATA {tenon: ${quoteText(mark)}})`,
      );
      const [before, after] = [await factsOf(connection, paths), await factsOf(connection, [to])];
      if (before !== after)
        throw new TenonError('engine-failed', `Joining files: ${before} became ${after}.`);
      return true;
    });
  } catch (error) {
    throw engineFailure(error, 'Joining files of the archive');
  }
}

/** How many records there are, where, and whether they stand in order. */
async function factsOf(connection: DuckDBConnection, paths: readonly string[]): Promise<string> {
  const reader = await connection.runAndReadAll(
    `SELECT count(*), min(__offset), max(__offset), sum(octet_length(__value)),
       count(*) FILTER (WHERE __offset < before)
     FROM (SELECT *, lag(__offset) OVER () AS before FROM ${readParquet(paths)})`,
  );
  return JSON.stringify(reader.getRowsJson());
}
