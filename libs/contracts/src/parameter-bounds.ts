/** What query parameters may be: the services check by these, and the OpenAPI document says them. */

/** A whole number from `min` to `max`; `otherwise` where it is not given. */
export interface WholeNumber {
  readonly min: number;
  readonly max: number;
  readonly otherwise: number;
}

/** Rows of a page. */
export const ROWS_LIMIT: WholeNumber = { min: 1, max: 10_000, otherwise: 1000 };

/** How long a read waits for a receipt, milliseconds. */
export const ROWS_TIMEOUT: WholeNumber = { min: 1, max: 60_000, otherwise: 10_000 };

export const ROWS_LAYERS = ['merged', 'batch', 'speed'] as const;

export const ROWS_ORDERS = ['asc', 'desc'] as const;

/** How rows are written; `spreadsheet` is CSV in which no text is a formula. */
export const ROWS_FORMATS = ['json', 'csv', 'spreadsheet', 'arrow', 'parquet'] as const;
export type RowsFormat = (typeof ROWS_FORMATS)[number];

/** How long a cut waits to be served, milliseconds. */
export const CUT_TIMEOUT: WholeNumber = { min: 1, max: 3_600_000, otherwise: 60_000 };

/** Dead letters of a page. */
export const LETTERS_LIMIT: WholeNumber = { min: 1, max: 1000, otherwise: 100 };
