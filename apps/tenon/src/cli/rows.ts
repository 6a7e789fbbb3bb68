/** Rows of an answer as a table or as CSV. */
import type { Row } from '@tenon/contracts';
import type { Value } from '@tenon/domain';
import Table from 'cli-table3';
import type { Sink } from './output';
import { styles } from './output';

/** The product's columns, in their order: those of the rows that are not Tenon's own. */
export function columnsOf(rows: readonly Row[], declared?: readonly string[]): readonly string[] {
  if (declared !== undefined && declared.length > 0) return declared;
  return [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (name) => name !== '_cell' && name !== '_status',
  );
}

/** Numbers to the right, as people read them; every digit is kept. */
export function rowsTable(rows: readonly Row[], columns: readonly string[], sink: Sink): string {
  const { bold, dim, green, yellow } = styles(sink);
  const right = columns.flatMap((name, index) =>
    rows.some((row) => typeof row[name] === 'number') ? [index] : [],
  );
  const status = (text: string) =>
    text === 'final' ? green(text) : text === 'amended' ? yellow(text) : dim(text);
  const cells = rows.map((row) => [
    ...columns.map((name) => shortText(row[name] ?? null)),
    status(row._status),
  ]);
  return plainTable([...columns, 'status'].map(bold), cells, right);
}

/** A table with a line below its head; the columns in `right` are set to the right. */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, index) => (right.includes(index) ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
    chars: BORDERS,
  });
  for (const row of rows) table.push([...row]);
  return `${table.toString()}\n`;
}

/** Lines between head and rows only: it stays readable when it is narrow, or copied. */
const BORDERS = {
  ...{
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
  },
  ...{ left: '', right: '', middle: '', 'left-mid': '', 'right-mid': '', mid: '─', 'mid-mid': '' },
};

/** In a table six digits of a fraction will do; CSV and JSON have them all. */
function shortText(value: Value): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return cellText(value);
  return String(Math.abs(value) >= 1e4 ? Number(value.toFixed(2)) : Number(value.toPrecision(6)));
}

/** A value as a person reads it; null is empty. */
export function cellText(value: Value): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : clean(String(value));
}

/** Control characters in data must not steer the terminal. */
const clean = (text: string) =>
  text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** RFC 4180, with a header; `_status` and `_cell` last, so that the product's own columns come first. */
export function rowsCsv(rows: readonly Row[], columns: readonly string[]): string {
  const names = [...columns, '_cell', '_status'];
  const lines = rows.map((row) => names.map((name) => csvField(row[name] ?? null)).join(','));
  return [names.map(csvField).join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

/** RFC 4180. */
export const csvLines = (lines: readonly (readonly Value[])[]): string =>
  lines.map((line) => `${line.map(csvField).join(',')}\r\n`).join('');

function csvField(value: Value): string {
  if (value === null) return '';
  if (value === '') return '""';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
