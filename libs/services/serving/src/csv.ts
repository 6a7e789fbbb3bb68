/** Rows as CSV (RFC 4180), for spreadsheets and shells. */
import type { Value } from '@tenon/domain';

type Row = Readonly<Record<string, Value>>;

/**
 * The lines of rows, part by part; first the columns' names.
 *
 * @param asText texts that a spreadsheet would run as formulas begin with an apostrophe, which it takes for "this is text"
 */
export function* csvParts(
  columns: readonly string[],
  parts: Iterable<readonly Row[]>,
  asText = false,
): Generator<string> {
  const cell = (value: Value) => field(asText ? harmless(value) : value);
  yield `${columns.map(cell).join(',')}\r\n`;
  for (const rows of parts)
    yield rows.map((row) => `${columns.map((name) => cell(row[name] ?? null)).join(',')}\r\n`).join('');
}

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

const harmless = (value: Value): Value =>
  typeof value === 'string' && /^[=+\-@\t\r\n]/.test(value) && !NUMBER.test(value) ? `'${value}` : value;

function field(value: Value): string {
  if (value === null) return '';
  // Apart from NULL, as loaders have it.
  if (value === '') return '""';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
