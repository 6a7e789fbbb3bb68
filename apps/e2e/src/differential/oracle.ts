/** Plain DuckDB over the raw events, with the columns written out here by docs/catalog.md; nothing of Tenon's is in between. */
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { DrawnProduct } from './products';
import { quoted, sqlOf } from './products';
import type { DrawnEvent, DrawnSource } from './sources';
import { kindAt } from './sources';
import type { Kind } from './values';
import { KINDS } from './values';

export interface OracleRows {
  /** Of the columns, in order. */
  readonly types: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** How many events count for the product. */
  readonly events: number;
  /** Ids of those that can't be read. */
  readonly unread: readonly string[];
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
const pointer = (...path: readonly string[]) =>
  literal(path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
const utc = (text: string) => `CAST(TRY_CAST(${text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS TIMESTAMP)`;

/** The value at a path, NULL where it is absent, null or no value of the type. */
function valueOf(kind: Kind, ...path: readonly string[]): string {
  const text = `json_extract_string(j, ${pointer(...path)})`;
  const json = `json_extract(j, ${pointer(...path)})`;
  switch (kind) {
    case 'moment':
      return utc(text);
    case 'double':
      // JSON's -0 is 0: a sign that JavaScript's writer does not keep.
      return `TRY_CAST(${text} AS DOUBLE) + 0`;
    case 'record': {
      const field = (name: string, of: Kind) => `${literal(name)}: ${valueOf(of, ...path, name)}`;
      const fields = [field('a', 'integer'), field('b "c"', 'text'), field('from', 'decimal2')];
      return `CASE WHEN json_type(j, ${pointer(...path)}) = 'OBJECT' THEN {${fields.join(', ')}} END`;
    }
    case 'json':
      return `nullif(${json}, 'null'::JSON)`;
    case 'integers':
    case 'texts':
      return `TRY_CAST(${json} AS ${KINDS[kind].type})`;
    default:
      return `TRY_CAST(${text} AS ${KINDS[kind].type})`;
  }
}

export class Oracle {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
  ) {}

  static async open(): Promise<Oracle> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new Oracle(instance, connection);
  }

  /** Makes a table of the source's events, as its schema of the step says. */
  async load(source: DrawnSource, step: number, events: readonly DrawnEvent[]): Promise<void> {
    await this.connection.run('CREATE OR REPLACE TABLE raw(id VARCHAR, t VARCHAR, j VARCHAR)');
    const appender = await this.connection.createAppender('raw');
    for (const { id, time, data } of events) {
      for (const text of [id, time, data]) appender.appendVarchar(text);
      appender.endRow();
    }
    appender.closeSync();
    const columns = source.fields.flatMap((field, index) => {
      const kind = kindAt(field, step);
      if (kind === null) return [];
      const value = valueOf(kind, field.name);
      const present = `json_extract_string(j, ${pointer(field.name)}) IS NOT NULL`;
      return [`${value} AS ${quoted(field.name)}`, `(${present} AND ${value} IS NULL) AS __bad${index}`];
    });
    const own = source.time === null ? 't' : `coalesce(json_extract_string(j, ${pointer(source.time)}), t)`;
    await this.connection.run(
      `CREATE OR REPLACE TABLE __events AS SELECT ${[...columns, 'id AS event_id', `${utc(own)} AS event_time`].join(', ')} FROM raw`,
    );
  }

  /** What a product of the source that was loaded last must answer. */
  async rows(source: DrawnSource, product: DrawnProduct): Promise<OracleRows> {
    const bad = product.reads.map(
      (name) => `__bad${source.fields.findIndex((field) => field.name === name)}`,
    );
    const unreadable = ['false', ...bad].join(' OR ');
    await this.connection.run(
      `CREATE OR REPLACE TEMP VIEW ${quoted(product.source)} AS SELECT * FROM __events WHERE NOT (${unreadable})`,
    );
    const ids = await this.connection.runAndReadAll(
      `SELECT event_id, (${unreadable}) FROM __events ORDER BY event_id`,
    );
    const events = ids.getRows() as [string, boolean][];
    const reader = await this.connection.runAndReadAll(sqlOf(product, 'oracle'));
    return {
      types: reader.columnTypes().map(String),
      rows: reader.getRowsJson(),
      events: events.filter(([, isUnread]) => !isUnread).length,
      unread: events.flatMap(([id, isUnread]) => (isUnread ? [id] : [])),
    };
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}
