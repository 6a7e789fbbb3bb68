/** Rows as CSV (RFC 4180), for spreadsheets and shells. */
import type { Value } from '@tenon/domain';

/** @param rows as JSON */
export function toCsv(columns: readonly string[], rows: readonly string[]): string {
  const names = [...columns, '_cell', '_status'];
  const lines = rows.map((text) => {
    const row = JSON.parse(text) as Readonly<Record<string, Value>>;
    return names.map((name) => field(row[name] ?? null)).join(',');
  });
  return `${[names.map(field).join(','), ...lines].join('\r\n')}\r\n`;
}

function field(value: Value): string {
  if (value === null) return '';
  // Apart from NULL, as loaders have it.
  if (value === '') return '""';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
