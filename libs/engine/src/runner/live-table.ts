/**
 * The table that the micro-batches of a connection go through. It is emptied rather than dropped, so that prepared
 * statements over it stay valid: for small ones, planning costs more than running.
 */
import type { DuckDBConnection, DuckDBDataChunk, DuckDBPreparedStatement } from '@duckdb/node-api';
import { chunksOf } from '../sql/database';
import { quoteName } from '../sql/text';
import type { SourceColumn } from '../source-columns';

/** Deleted rows stay in memory and are passed over by every scan, so after this many the table is made anew. */
const MOST_ROWS = 20_000;

/** Statements kept per table; a plan needs one. */
const MOST_STATEMENTS = 64;

const tables = new WeakMap<DuckDBConnection, Map<string, LiveTable>>();

/** The connection's table for these columns. */
export function liveTable(connection: DuckDBConnection, columns: readonly SourceColumn[]): LiveTable {
  let own = tables.get(connection);
  if (own === undefined) tables.set(connection, (own = new Map()));
  const signature = JSON.stringify(columns);
  let table = own.get(signature);
  if (table === undefined) {
    own.set(signature, (table = new LiveTable(connection, `__tenon_events_${own.size}`, columns)));
  }
  return table;
}

export class LiveTable {
  private readonly statements = new Map<string, DuckDBPreparedStatement>();
  /** Rows put into it since it was made; null: it is to be made anew. */
  private rows: number | null = null;

  constructor(
    private readonly connection: DuckDBConnection,
    readonly name: string,
    private readonly columns: readonly SourceColumn[],
  ) {}

  /** Makes it ready to take a micro-batch: it is there, and empty. */
  async prepare(rows: number): Promise<void> {
    if (this.rows === null) {
      const columns = this.columns.map(({ name, type }) => `${quoteName(name)} ${type}`);
      const own = ['__tenon_row BIGINT', '__tenon_partition INTEGER', '__tenon_append BIGINT'];
      await this.connection.run(
        `CREATE OR REPLACE TEMP TABLE ${this.name} (${[...own, ...columns].join(', ')})`,
      );
      this.rows = 0;
    }
    this.rows += rows;
  }

  async clear(): Promise<void> {
    if (this.rows === null || this.rows > MOST_ROWS) {
      this.rows = null;
      this.dropStatements();
      await this.connection.run(`DROP TABLE IF EXISTS ${this.name}`);
    } else {
      await this.query(`DELETE FROM ${this.name}`);
    }
  }

  /** The table was replaced behind its back, or is in an unknown state. */
  forget(): void {
    this.rows = null;
  }

  /** Runs a statement that comes again with each micro-batch. */
  async query(sql: string): Promise<DuckDBDataChunk[]> {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      if (this.statements.size >= MOST_STATEMENTS) this.dropStatements();
      statement = await this.connection.prepare(sql);
      this.statements.set(sql, statement);
    }
    return chunksOf(await statement.run());
  }

  /** Those over a table that was made anew would be planned again by every run. */
  private dropStatements(): void {
    for (const statement of this.statements.values()) statement.destroySync();
    this.statements.clear();
  }
}
