/** DuckDB's parser and binder on a source's columns: names, types and errors of queries that never run. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { SqlType } from '@tenon/domain';
import type { SourceColumn } from '../source-columns';
import { type Ast, printSql } from '../sql/ast';
import { isOutOfMemory, messageOf } from '../sql/database';
import { quoteName } from '../sql/text';
import { HIDDEN, INPUT } from './names';

export interface BoundColumn {
  readonly name: string;
  readonly type: SqlType;
}

export interface BindError {
  readonly message: string;
  /** Byte in the SQL, where it is known. */
  readonly at: number | undefined;
}

export const isBindError = (result: object): result is BindError => 'message' in result;

/** The session must have `errors_as_json`; its temporary tables are the binder's while it works. */
export class Binder {
  private constructor(readonly connection: DuckDBConnection) {}

  /** Runs `work` with an empty relation of the source's columns there, and a view with the source's name on it. */
  static async use<T>(
    connection: DuckDBConnection,
    source: string,
    columns: readonly SourceColumn[],
    work: (binder: Binder) => Promise<T>,
  ): Promise<T> {
    const own = columns.map(({ name, type }) => `${quoteName(name)} ${type}`);
    const hidden = HIDDEN.map((name) => `${quoteName(name)} ${name === HIDDEN[2] ? 'VARCHAR' : 'BIGINT'}`);
    const names = columns.map(({ name }) => quoteName(name)).join(', ');
    const [input, view] = [quoteName(INPUT), quoteName(source)];
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${input} (${[...own, ...hidden].join(', ')})`);
    await connection.run(`CREATE OR REPLACE TEMP VIEW ${view} AS SELECT ${names} FROM ${input}`);
    try {
      return await work(new Binder(connection));
    } finally {
      await connection.run(`DROP VIEW IF EXISTS ${view}; DROP TABLE IF EXISTS ${input}`);
    }
  }

  /** The columns that a query has. Errors have no place: the query is not the product's text. */
  async describe(node: Ast): Promise<readonly BoundColumn[] | BindError> {
    try {
      const reader = await this.connection.runAndReadAll(`DESCRIBE ${await this.print(node)}`);
      return reader.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
    } catch (error) {
      return { message: bindError(error).message, at: undefined };
    }
  }

  /** The types of a query that must bind. */
  async types(node: Ast): Promise<SqlType[]> {
    const described = await this.describe(node);
    if (isBindError(described))
      throw new Error(`The planner's own query does not bind: ${described.message}`);
    return described.map(({ type }) => type);
  }

  /** The column names of SQL as it was written. */
  async names(sql: string): Promise<readonly string[] | BindError> {
    try {
      const prepared = await this.connection.prepare(sql);
      const names = Array.from({ length: prepared.columnCount }, (_, index) => prepared.columnName(index));
      prepared.destroySync();
      return names;
    } catch (error) {
      return bindError(error);
    }
  }

  /** The value of a query without FROM; undefined if it has none. */
  async evaluate(node: Ast): Promise<unknown> {
    try {
      return (await this.connection.runAndReadAll(await this.print(node))).getRows()[0]?.[0];
    } catch (error) {
      if (isOutOfMemory(error)) throw error;
      return undefined;
    }
  }

  /** What `node` is over another empty table. */
  async describeOver(
    table: string,
    columns: readonly string[],
    node: Ast,
  ): Promise<readonly BoundColumn[] | BindError> {
    await this.connection.run(`CREATE OR REPLACE TEMP TABLE ${quoteName(table)} (${columns.join(', ')})`);
    const described = await this.describe(node);
    await this.connection.run(`DROP TABLE ${quoteName(table)}`);
    return described;
  }

  print(node: Ast): Promise<string> {
    return printSql(this.connection, node);
  }
}

/** Message and place of one of DuckDB's errors, which come as JSON. */
function bindError(error: unknown): BindError {
  if (isOutOfMemory(error)) throw error;
  const text = messageOf(error);
  try {
    const parsed = JSON.parse(text.slice(text.indexOf('{'))) as {
      exception_message?: string;
      position?: string;
    };
    const message = (parsed.exception_message ?? text)
      .split(/\n\nLINE |You might need to add/)[0]!
      .replace(/\s+/g, ' ')
      .trim();
    return { message, at: parsed.position === undefined ? undefined : Number(parsed.position) };
  } catch {
    return { message: text, at: undefined };
  }
}
