/** Files of records on DuckDB: Parquet, compressed with zstd. */
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { TenonError } from '@tenon/errors';
import type {
  OffsetRun,
  RawRecord,
  RecordFileWriter,
  RecordFiles,
  RecordSql,
  RunFileWriter,
} from '@tenon/ports';
import { BIGINT, DuckDBDataChunk, INTEGER } from '@duckdb/node-api';
import { Database, engineFailure } from '../sql/database';
import { quoteText } from '../sql/text';
import { CHUNK_ROWS, FILE_COLUMNS, TABLE_COLUMNS, chunkOf, recordsOf } from './columns';
import { checkSql, selectOf } from './sql';

export interface RecordFilesOptions {
  /** DuckDB's threads; 2 if not given. */
  readonly threads?: number;
  readonly memoryLimit?: string;
  /** Where DuckDB may spill to. */
  readonly tempDirectory?: string;
}

export async function createRecordFiles(options: RecordFilesOptions = {}): Promise<RecordFiles> {
  const database = await Database.open({ ...options, files: true });
  return {
    check: (sql) => database.use((connection) => checkSql(connection, sql)),
    writer: async (sql = {}) => new Writer(database, await database.acquire(), sql),
    read: (path) => readFile(database, path),
    runWriter: async () => new RunWriter(database, await database.acquire()),
    close: async () => database.close(),
  };
}

const PARQUET = '(FORMAT parquet, COMPRESSION zstd)';

/** A temporary table that is appended to in chunks and written at the end. */
class Table {
  private static made = 0;
  readonly name = `__tenon_table_${Table.made++}`;
  private appender: DuckDBAppender | null = null;

  constructor(
    readonly connection: DuckDBConnection,
    private readonly columns: string,
  ) {}

  async append(chunk: DuckDBDataChunk): Promise<void> {
    if (this.appender === null) {
      await this.connection.run(`CREATE TEMP TABLE ${this.name} (${this.columns})`);
      this.appender = await this.connection.createAppender(this.name);
    }
    this.appender.appendDataChunk(chunk);
  }

  async complete(): Promise<void> {
    if (this.appender === null) await this.connection.run(`CREATE TEMP TABLE ${this.name} (${this.columns})`);
    this.appender?.closeSync();
    this.appender = null;
  }

  async drop(): Promise<void> {
    this.appender?.closeSync();
    this.appender = null;
    await this.connection.run(`DROP TABLE IF EXISTS ${this.name}`);
  }
}

class Writer implements RecordFileWriter {
  private readonly table: Table;
  private isOver = false;

  constructor(
    private readonly database: Database,
    private readonly connection: DuckDBConnection,
    private readonly sql: RecordSql,
  ) {
    this.table = new Table(connection, TABLE_COLUMNS);
  }

  async add(partition: number, records: readonly RawRecord[]): Promise<void> {
    try {
      for (let at = 0; at < records.length; at += CHUNK_ROWS)
        await this.table.append(chunkOf(partition, records.slice(at, at + CHUNK_ROWS)));
    } catch (error) {
      throw engineFailure(error, 'Writing a file of records');
    }
  }

  async finish(path: string): Promise<void> {
    try {
      await this.table.complete();
      const select = await selectOf(this.connection, this.table.name, this.sql);
      await this.connection.run(`COPY (${select}) TO ${quoteText(path)} ${PARQUET}`);
    } catch (error) {
      throw engineFailure(error, 'Writing a file of records');
    }
    await this.discard();
  }

  async discard(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    await this.table.drop();
    this.database.release(this.connection);
  }
}

const RUN_TYPES = [INTEGER, BIGINT, BIGINT, INTEGER, BIGINT];
const RUN_COLUMNS =
  '"partition" INTEGER, "from" BIGINT, "to" BIGINT, "new_partition" INTEGER, "new_from" BIGINT';

class RunWriter implements RunFileWriter {
  private readonly table: Table;

  constructor(
    private readonly database: Database,
    private readonly connection: DuckDBConnection,
  ) {
    this.table = new Table(connection, RUN_COLUMNS);
  }

  async add(runs: readonly OffsetRun[]): Promise<void> {
    for (let at = 0; at < runs.length; at += CHUNK_ROWS) {
      const some = runs.slice(at, at + CHUNK_ROWS);
      const chunk = DuckDBDataChunk.create(RUN_TYPES, some.length);
      chunk.setRows(
        some.map(({ partition, from, to, newPartition, newFrom }) => [
          partition,
          BigInt(from),
          BigInt(to),
          newPartition,
          BigInt(newFrom),
        ]),
      );
      await this.table.append(chunk);
    }
  }

  async finish(path: string): Promise<void> {
    await this.table.complete();
    const rows = `SELECT * FROM ${this.table.name} ORDER BY "partition", "from"`;
    await this.connection.run(`COPY (${rows}) TO ${quoteText(path)} ${PARQUET}`);
    await this.table.drop();
    this.database.release(this.connection);
  }
}

async function* readFile(database: Database, path: string): AsyncIterable<readonly RawRecord[]> {
  const connection = await database.acquire();
  try {
    const columns = FILE_COLUMNS.map((name) => `"${name}"`).join(', ');
    const result = await connection.stream(
      `SELECT ${columns} FROM read_parquet(${quoteText(path)}, hive_partitioning = false)`,
    );
    let last = -1;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      const records = recordsOf(chunk);
      for (const { offset } of records) {
        if (offset <= last) throw new TenonError('engine-failed', `${path} is not in the order of offsets.`);
        last = offset;
      }
      yield records;
    }
  } catch (error) {
    throw engineFailure(error, 'Reading a file of records');
  } finally {
    database.release(connection);
  }
}
