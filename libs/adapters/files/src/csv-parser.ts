/** CSV as RFC 4180 has it, and as people write it: any of four delimiters, LF or CRLF, quotes over several lines. */

/** A field: null where it was empty and not quoted. */
export type CsvField = string | null;

export interface CsvRecord {
  /** The line of the file on which it begins, from 1. */
  readonly line: number;
  readonly fields: readonly CsvField[];
  /** The text as it stands in the file. */
  readonly raw: string;
  /** Why the fields can't be told. */
  readonly problem?: string;
}

export const NEVER_CLOSED = 'a quote that is never closed';

/** A quote that is never closed would swallow the rest of the file; a record ends here at the latest. */
const LONGEST_RECORD = 8 << 20;

export class CsvParser {
  private rest = '';
  private line = 1;

  constructor(private readonly delimiter: string) {}

  /** Records that are complete with this text. */
  push(text: string): CsvRecord[] {
    return this.take(this.rest + text, false);
  }

  /** The last record, where the file does not end with a newline. */
  end(): CsvRecord[] {
    return this.take(this.rest, true);
  }

  private take(text: string, last: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    let at = 0;
    while (at < text.length) {
      const end = this.recordEnd(text, at, last);
      if (end === -1) break;
      const raw = text.slice(at, end).replace(/\r?\n?$/, '');
      if (raw !== '') records.push({ line: this.line, raw, ...parseRecord(raw, this.delimiter) });
      for (let i = text.indexOf('\n', at); i !== -1 && i < end; i = text.indexOf('\n', i + 1)) this.line += 1;
      at = end;
    }
    this.rest = text.slice(at);
    return records;
  }

  /** Where the record that begins at `at` ends, its newline included; -1 if the text does not hold all of it. */
  private recordEnd(text: string, at: number, last: boolean): number {
    const whole = (): number => (last || text.length - at > LONGEST_RECORD ? text.length : -1);
    let from = at;
    let closed = -1;
    for (;;) {
      const newline = text.indexOf('\n', from);
      const quote = text.slice(from, newline === -1 ? undefined : newline).indexOf('"');
      if (quote === -1) return newline === -1 ? whole() : newline + 1;
      const open = from + quote;
      from = open + 1;
      // A quote that begins no field, and is not the second of two, is a character like any other.
      if (open !== at && text[open - 1] !== this.delimiter && open - 1 !== closed) continue;
      closed = text.indexOf('"', from);
      if (closed === -1 || closed - at > LONGEST_RECORD) {
        const end = text.length - at > LONGEST_RECORD ? text.indexOf('\n', at + LONGEST_RECORD) : -1;
        return end === -1 ? whole() : end + 1;
      }
      from = closed + 1;
    }
  }
}

function parseRecord(raw: string, delimiter: string): { fields: CsvField[]; problem?: string } {
  if (!raw.includes('"'))
    return { fields: raw.split(delimiter).map((field) => (field === '' ? null : field)) };
  const fields: CsvField[] = [];
  let at = 0;
  for (;;) {
    if (raw[at] !== '"') {
      const next = raw.indexOf(delimiter, at);
      const field = raw.slice(at, next === -1 ? undefined : next);
      if (field.includes('"')) return { fields, problem: 'a quote inside a field that is not quoted' };
      fields.push(field === '' ? null : field);
      if (next === -1) return { fields };
      at = next + delimiter.length;
      continue;
    }
    const close = closingQuote(raw, at + 1);
    if (close === -1) return { fields, problem: NEVER_CLOSED };
    fields.push(raw.slice(at + 1, close).replaceAll('""', '"'));
    at = close + 1;
    if (at >= raw.length) return { fields };
    if (!raw.startsWith(delimiter, at)) return { fields, problem: 'text after a closing quote' };
    at += delimiter.length;
  }
}

function closingQuote(raw: string, from: number): number {
  for (let at = raw.indexOf('"', from); at !== -1; at = raw.indexOf('"', at + 2))
    if (raw[at + 1] !== '"') return at;
  return -1;
}

/** The delimiter that the header uses most: comma, semicolon, tab or bar. */
export function delimiterOf(header: string): string {
  const outside = header.replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((one) => [one, outside.split(one).length - 1] as const);
  return counts.reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}
