/** DuckDB alone, running a product's SQL as it was written over all events at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { toAnswer } from '@tenon/domain';
import type { SourceDefinition, Value } from '@tenon/domain';
import { MACROS } from '../planner/macros';
import { columnsOf } from '../source-columns';
import { rowsOf } from '../sql/read';
import { quoteName, quoteText } from '../sql/text';
import type { TestEvent } from './records';

export class Oracle {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
    private readonly directory: string,
  ) {}

  static async open(): Promise<Oracle> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    for (const macro of MACROS) await connection.run(macro);
    return new Oracle(instance, connection, mkdtempSync(join(tmpdir(), 'tenon-oracle-')));
  }

  /** Replaces the source's table by these events. */
  async load(source: SourceDefinition, events: readonly TestEvent[]): Promise<void> {
    const columns = columnsOf(source);
    const file = join(this.directory, 'events.ndjson');
    const own = columns.filter(({ path }) => path[0] === 'data');
    const lines = events.map(({ time, data }, index) => ({
      ...(data as object),
      __id: `id-${index}`,
      __time: time,
      __correlation: `correlation-${index}`,
    }));
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const fields = [
      ...own.map(({ name, readAs }) => [name, readAs]),
      ['__id', 'VARCHAR'],
      ['__time', 'TIMESTAMPTZ'],
      ['__correlation', 'VARCHAR'],
    ];
    const types = fields.map(([name, type]) => `${quoteText(name!)}: ${quoteText(type!)}`).join(', ');
    const select = [
      ...own.map(({ name, type }) => `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`),
      '__id AS event_id',
      'CAST(__time AS TIMESTAMP) AS event_time',
      '__correlation AS correlation_id',
    ];
    await this.connection.run(
      `CREATE OR REPLACE TABLE ${quoteName(source.name)} AS SELECT ${select.join(', ')} FROM read_json(${quoteText(file)}, format = 'newline_delimited', columns = {${types}})`,
    );
  }

  /** The rows of a query, as an answer would show them. */
  async rows(sql: string): Promise<Value[][]> {
    const result = await this.connection.run(sql);
    const types = result.columnTypes().map(String);
    return rowsOf(await result.fetchAllChunks()).map((row) =>
      row.map((value, index) => toAnswer(types[index]!, value)),
    );
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
    rmSync(this.directory, { recursive: true });
  }
}
