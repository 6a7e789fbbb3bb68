/** Types and values of SQL, as Tenon carries them. */

/** A DuckDB type name in its normal form, e.g. `BIGINT`, `DECIMAL(18,2)`, `TIMESTAMP`, `VARCHAR[]`. */
export type SqlType = string;

/** A value as Tenon carries it in JSON; see `values.ts` for the encoding of each SQL type. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };
