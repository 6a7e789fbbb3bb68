/** Which rows are wanted, as the interface takes it, whatever the columns are called. */
import { ROWS_PREFIXES } from '@tenon/contracts';

export interface AskedColumns {
  readonly where?: Readonly<Record<string, string>>;
  /** Those that are to be NULL. */
  readonly whereNull?: readonly string[];
}

export function columnParameters({ where = {}, whereNull = [] }: AskedColumns): Record<string, string> {
  return Object.fromEntries([
    ...Object.entries(where).map(([name, text]) => [`${ROWS_PREFIXES.where}${name}`, text]),
    ...whereNull.map((name) => [`${ROWS_PREFIXES.isNull}${name}`, 'true']),
  ]);
}
