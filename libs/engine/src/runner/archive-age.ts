/** How young the records of a file of the archive are. */
import type { ArchiveAge } from '@tenon/ports';
import { type Database, engineFailure } from '../sql/database';
import { readParquet } from './files';

export async function ageOf(database: Database, path: string): Promise<ArchiveAge> {
  const connection = await database.acquire();
  try {
    const reader = await connection.runAndReadAll(
      `SELECT epoch_ms(max(__timestamp)), epoch_us(max(event_time)) FROM ${readParquet([path])}`,
    );
    const [appended, latest] = reader.getRows()[0] ?? [];
    const numberOf = (value: unknown) => (value === null || value === undefined ? null : Number(value));
    return { appended: numberOf(appended), latest: numberOf(latest) };
  } catch (error) {
    throw engineFailure(error, 'Reading the archive');
  } finally {
    database.release(connection);
  }
}
