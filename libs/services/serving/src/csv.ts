/** Rows as CSV (RFC 4180), for spreadsheets and shells. */
import type { Value } from '@tenon/domain';

type Row = Readonly<Record<string, Value>>;

/**
 * @param asText texts that a spreadsheet would run as formulas begin with an apostrophe, which it takes for "this is text"
 */
export function toCsv(columns: readonly string[], rows: readonly Row[], asText = false): string {
  const cell = (value: Value) => field(asText ? harmless(value) : value);
  const names = [...columns, '_cell', '_status'];
  const lines = rows.map((row) => names.map((name) => cell(row[name] ?? null)).join(','));
  return `${[names.map(cell).join(','), ...lines].join('\r\n')}\r\n`;
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
