/** What every reader of a file gives: rows as JSON text, in the order of the file. */

export interface FileRow {
  /** Counts from 1; the header of a CSV file is none. */
  readonly number: number;
  /** One JSON object as text, digit for digit as the file has it, or the text of a line that is none. */
  readonly text: string;
  /** Sent as it is: a CloudEvent with an id of its own, or no JSON at all. */
  readonly asIs?: boolean;
  /** It ends within quotes, as the file does: more of it may come. */
  readonly isOpen?: boolean;
  /** Why the row can't be sent at all. */
  readonly problem?: { readonly code: string; readonly detail: string };
}

export interface RowChunk {
  readonly rows: readonly FileRow[];
  /** How much of the file has been read, in the reader's own unit. */
  readonly done: number;
}

export interface RowReader {
  /** The unit of `done` and `total`. */
  readonly unit: 'rows' | 'bytes';
  readonly total: number;
  /** Rows after the first `skip`. @throws Refusal if the file can't be read on */
  read(skip: number): AsyncIterable<RowChunk>;
}

export type FileFormat = 'ndjson' | 'csv' | 'parquet';
