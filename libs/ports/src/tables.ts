/** Rows of an answer in the formats of tools that work by columns (pandas, polars, DuckDB, Spark). */
import type { SqlType, Value } from '@tenon/domain';

/** `arrow`: an Arrow IPC stream; `parquet`: a Parquet file. */
export type TableFormat = 'arrow' | 'parquet';

export interface TableColumn {
  readonly name: string;
  /** Decides the column's type in the table. */
  readonly type: SqlType;
}

export interface TableHead {
  readonly columns: readonly TableColumn[];
  /** Of the schema: names and texts. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Tables {
  /**
   * @param rows in parts, each row as an answer shows it, by the columns' names; what it lacks is null. A part is asked for once
   * the one before has been taken, and is in memory alone
   * @returns the bytes as they become ready
   * @throws HttpProblem 406 `not-acceptable` where a value does not fit the column's type in the table
   */
  encode(
    format: TableFormat,
    head: TableHead,
    rows: Iterable<readonly Readonly<Record<string, Value>>[]>,
  ): AsyncIterable<Uint8Array>;
}
