import { csvParts } from './csv';
import { formatOf } from './format';

const TEXTS = [
  '=1+1',
  '+1+1',
  '-1+1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '-5',
  '-0.5',
  '1e3',
  '-1e-7',
  'plain',
  "'",
  '',
];
const rows = TEXTS.map((g) => ({ g, n: -1, _cell: 'c', _status: 'final' }));
const toCsv = (asText = false) =>
  [...csvParts(['g', 'n', '_cell', '_status'], [rows.slice(0, 5), rows.slice(5)], asText)].join('');
const first = (csv: string) =>
  csv
    .split('\r\n')
    .slice(1, -1)
    .map((line) => line.replace(/,-1,c,final$/, ''));

it('gives programs every text as it is', () => {
  expect(first(toCsv())).toEqual([...TEXTS.slice(0, 5), '"\r=1"', ...TEXTS.slice(6, -1), '""']);
});

it('gives spreadsheets no formula, and numbers as numbers', () => {
  expect(first(toCsv(true))).toEqual([
    ...["'=1+1", "'+1+1", "'-1+1", "'@SUM(A1)", "'\t=1", '"\'\r=1"'],
    ...['-5', '-0.5', '1e3', '-1e-7', 'plain', "'", '""'],
  ]);
});

it.each([
  ['text/csv', 'csv'],
  ['text/csv; profile=spreadsheet', 'spreadsheet'],
  ['Text/CSV;q=1;profile="spreadsheet"', 'spreadsheet'],
  ['text/csv; profile=other', 'csv'],
  ['application/json, text/csv;profile=spreadsheet', 'json'],
  ['application/json;q=0.5, text/csv', 'csv'],
  ['image/png, */*;q=0.1', 'json'],
  ['*/*, application/json;q=0', 'csv'],
  ['text/csv;q=0, application/vnd.apache.arrow.stream', 'arrow'],
  ['application/vnd.apache.parquet, application/vnd.apache.arrow.stream', 'parquet'],
])('%s is answered as %s', (accept, format) => expect(formatOf(accept)).toBe(format));
