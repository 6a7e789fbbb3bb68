/** Rows as CSV (RFC 4180), for spreadsheets and shells. */
import type { RowsAnswer } from '@tenon/contracts';
import type { Value } from '@tenon/domain';

export function toCsv(columns: readonly string[], answer: RowsAnswer): string {
  const names = [...columns, '_cell', '_status'];
  const lines = answer.rows.map((row) => names.map((name) => field(row[name] ?? null)).join(','));
  return `${[names.map(field).join(','), ...lines].join('\r\n')}\r\n`;
}

function field(value: Value): string {
  if (value === null) return '';
  // Apart from NULL, as loaders have it.
  if (value === '') return '""';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
