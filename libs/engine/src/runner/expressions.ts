/** Expressions over finished cells, where some cannot be computed for some rows: those are null and say why, all others stand. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Value } from '@tenon/domain';
import type { FinalizePart } from '../engine-sql';
import { CELLS } from '../planner/names';
import { engineFailure, isEnvironmentError, query } from '../sql/database';
import { rowsOf } from '../sql/read';
import { dataErrorText } from './records';

/** What one expression gives: row → its value, or why there is none. */
export interface ComputedPart {
  readonly values: ReadonlyMap<number, Value>;
  readonly errors: ReadonlyMap<number, string>;
}

const CAREFUL = '__tenon_answer';

/** Each expression for itself, over a relation of `rows` rows that are numbered `i` from 0. */
export async function computeParts(
  connection: DuckDBConnection,
  parts: readonly FinalizePart[],
  relation: string,
  rows: number,
): Promise<ComputedPart[]> {
  await connection.run(`CREATE OR REPLACE TEMP TABLE ${CAREFUL} AS SELECT * FROM ${relation}`);
  try {
    const computed: ComputedPart[] = [];
    for (const part of parts) computed.push(await new Part(connection, part).compute(rows));
    return computed;
  } finally {
    await connection.run(`DROP TABLE IF EXISTS ${CAREFUL}`);
  }
}

/** So many errors of one expression are told in DuckDB's own words: each costs a query. */
const OWN_MESSAGES = 32;

class Part {
  private readonly values = new Map<number, Value>();
  private readonly errors = new Map<number, string>();

  constructor(
    private readonly connection: DuckDBConnection,
    private readonly part: FinalizePart,
  ) {}

  async compute(rows: number): Promise<ComputedPart> {
    if (!(await this.tryAll())) await this.halve(0, rows - 1);
    return { values: this.values, errors: this.errors };
  }

  /** In one query. @returns false if it fails although it only tries */
  private async tryAll(): Promise<boolean> {
    const { tried, sql } = this.part;
    if (tried === null) return false;
    const failing: number[] = [];
    const error = await this.run(tried, 0, Infinity, (row, value) => {
      if (value === null) failing.push(row);
      else this.values.set(row, (value as { readonly v: Value }).v);
    });
    if (error !== undefined) return false;
    let message = 'It cannot be computed.';
    for (const [index, row] of failing.entries()) {
      if (index < OWN_MESSAGES)
        message = (await this.run(sql, row, row, (at, value) => this.values.set(at, value))) ?? message;
      if (!this.values.has(row)) this.errors.set(row, message);
    }
    return true;
  }

  private async halve(first: number, last: number): Promise<void> {
    const error = await this.run(this.part.sql, first, last, (row, value) => this.values.set(row, value));
    if (error === undefined) return;
    if (first >= last) {
      this.errors.set(first, error);
      return;
    }
    const middle = Math.floor((first + last) / 2);
    await this.halve(first, middle);
    await this.halve(middle + 1, last);
  }

  /** @returns why it fails, or undefined */
  private async run(
    sql: string,
    first: number,
    last: number,
    give: (row: number, value: Value) => void,
  ): Promise<string | undefined> {
    const some =
      last === Infinity ? CAREFUL : `(SELECT * FROM ${CAREFUL} WHERE i BETWEEN ${first} AND ${last})`;
    try {
      const chunks = await query(
        this.connection,
        sql.replaceAll(CELLS, () => `${some} AS cells`),
      );
      for (const [row, value] of rowsOf(chunks)) give(Number(row), value ?? null);
      return undefined;
    } catch (error) {
      if (isEnvironmentError(error)) throw engineFailure(error, 'Finalizing');
      return dataErrorText(error);
    }
  }
}
