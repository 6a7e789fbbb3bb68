/** How the query string of a product's rows says whether a name is an option or a column. */

/** What can be asked for besides columns. */
export const ROWS_OPTIONS = [
  'from',
  'to',
  'layer',
  'after',
  'timeout',
  'limit',
  'cursor',
  'order',
  'version',
  'asOf',
  'format',
] as const;

export type RowsOption = (typeof ROWS_OPTIONS)[number];

export const isRowsOption = (name: string): name is RowsOption =>
  (ROWS_OPTIONS as readonly string[]).includes(name);

/** Before a name: `where.limit=5` is a column, `option.limit=5` the option, whatever a product's columns are called. */
export const ROWS_PREFIXES = { where: 'where.', isNull: 'null.', option: 'option.' } as const;

/** Options of a rows request, as every product understands them. */
export function optionParameters(
  options: Readonly<Partial<Record<RowsOption, string | undefined>>>,
  columns: readonly string[],
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(options).map(([name, text]) => [
      columns.includes(name) ? `${ROWS_PREFIXES.option}${name}` : name,
      text,
    ]),
  );
}
