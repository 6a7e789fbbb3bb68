/** CSV with a header: its names are the fields, and the schema says what their texts mean. */
import { statSync } from 'node:fs';
import type { CsvRecord } from './csv-parser';
import { CsvParser, NEVER_CLOSED, delimiterOf } from './csv-parser';
import type { Declared, DeclaredField } from './declared';
import { jsonOfNull, jsonOfText } from './declared';
import { fileRefusal } from './refusal';
import type { FileRow, RowChunk, RowReader } from './rows';
import { readText } from './text-lines';

export function openCsv(path: string, declared: Declared, bytes?: number): RowReader {
  return {
    unit: 'bytes',
    total: bytes ?? statSync(path).size,
    read: (skip) => readCsv(path, declared, skip, bytes),
  };
}

async function* readCsv(
  path: string,
  declared: Declared,
  skip: number,
  bytes?: number,
): AsyncGenerator<RowChunk> {
  let parser: CsvParser | undefined;
  let toRow: ((record: CsvRecord, number: number) => FileRow) | undefined;
  let number = 0;
  let head = '';
  let total = 0;
  const rowsOf = (records: CsvRecord[]): FileRow[] => {
    const rows: FileRow[] = [];
    for (const record of records) {
      if (toRow === undefined) {
        toRow = rowMaker(path, record, declared);
        continue;
      }
      number += 1;
      if (number > skip) rows.push(toRow(record, number));
    }
    return rows;
  };
  for await (const { text, done } of readText(path, bytes)) {
    total = done;
    if (parser === undefined) {
      // The delimiter is told by the header's line, so that has to be there first.
      head += text;
      if (!head.includes('\n')) continue;
      parser = new CsvParser(delimiterOf(head.slice(0, head.indexOf('\n'))));
      yield { rows: rowsOf(parser.push(head)), done };
    } else yield { rows: rowsOf(parser.push(text)), done };
  }
  parser ??= startWith(head);
  yield { rows: rowsOf(parser.end()), done: total };
  if (toRow === undefined)
    throw fileRefusal('file-empty', `${path} has no header.`, 'Its first line must name the fields.', {
      file: path,
    });
}

function startWith(head: string): CsvParser {
  const parser = new CsvParser(delimiterOf(head));
  parser.push(head);
  return parser;
}

function rowMaker(
  path: string,
  header: CsvRecord,
  declared: Declared,
): (record: CsvRecord, number: number) => FileRow {
  const names = header.fields.map((field) => (field ?? '').trim());
  const place = { file: path, line: header.line };
  if (header.problem !== undefined)
    throw fileRefusal('csv-header', `The header of ${path} holds ${header.problem}.`, undefined, place);
  const twice = names.find((name, index) => names.indexOf(name) !== index || name === '');
  if (twice !== undefined) {
    const what = twice === '' ? 'a field without a name' : `the field ${twice} twice`;
    throw fileRefusal(
      'csv-header',
      `The header of ${path} has ${what}.`,
      'Its first line must name each field once.',
      place,
    );
  }
  const columns = names.map((name) => ({
    prefix: `${JSON.stringify(name)}:`,
    field: fieldOf(declared, name),
  }));
  return (record, number) => {
    const problem = record.problem ?? widthProblem(record.fields.length, columns.length);
    if (problem !== undefined) {
      return {
        number,
        text: record.raw,
        ...(record.problem === NEVER_CLOSED && { isOpen: true }),
        problem: { code: 'csv-row', detail: `Line ${record.line} has ${problem}.` },
      };
    }
    const members: string[] = [];
    columns.forEach(({ prefix, field }, index) => {
      const text = record.fields[index] ?? null;
      const json = text === null ? jsonOfNull(field) : jsonOfText(text, field);
      if (json !== null) members.push(prefix + json);
    });
    return { number, text: `{${members.join(',')}}` };
  };
}

/** Where a schema is known, a field that it lacks is a text: any other guess could change it. */
function fieldOf(declared: Declared, name: string): DeclaredField | undefined {
  return declared === null ? undefined : (declared.get(name) ?? { types: ['string'], format: undefined });
}

function widthProblem(has: number, wants: number): string | undefined {
  return has === wants ? undefined : `${has} ${has === 1 ? 'field' : 'fields'}, the header has ${wants}`;
}
