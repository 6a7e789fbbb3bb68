import fc from 'fast-check';
import { CsvParser, delimiterOf } from './csv-parser';

const parse = (text: string, delimiter = ',') => {
  const parser = new CsvParser(delimiter);
  return [...parser.push(text), ...parser.end()];
};
const fields = (text: string, delimiter?: string) =>
  parse(text, delimiter).map((record) => record.problem ?? record.fields);

it('tells an empty field from an empty text', () => {
  expect(fields('a,,""\r\n"x,y","say ""hi""",\n')).toEqual([
    ['a', null, ''],
    ['x,y', 'say "hi"', null],
  ]);
});

it('knows on which line a record begins, also behind fields of several lines', () => {
  expect(parse('a\n"b\n\nc"\n\nd').map(({ line, raw }) => [line, raw])).toEqual([
    [1, 'a'],
    [2, '"b\n\nc"'],
    [6, 'd'],
  ]);
});

it('a quote inside a field that is not quoted costs its own row, and none after it', () => {
  const text = 'a,5" pipe,1\nb,ok,2\n"c, ""d""\nd",3" x 4","e"\nf,"g""\nh",4\n';
  const all = parse(text).map((record) => record.problem ?? record.fields);
  const stray = 'a quote inside a field that is not quoted';
  expect(all).toEqual([stray, ['b', 'ok', '2'], stray, ['f', 'g"\nh', '4']]);
  for (let cut = 0; cut <= text.length; cut += 1) {
    const parser = new CsvParser(',');
    const parts = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut)), ...parser.end()];
    expect(parts.map((record) => record.problem ?? record.fields)).toEqual(all);
  }
});

it.each([
  ['a"b', 'a quote inside a field that is not quoted'],
  ['"a"b', 'text after a closing quote'],
  ['"a', 'a quote that is never closed'],
])('%s is a problem, not a guess', (text, problem) => expect(fields(text)).toEqual([problem]));

it.each([
  ['a,b;c,d', ','],
  ['a;b;c', ';'],
  ['a\tb', '\t'],
  ['a|b', '|'],
  ['"a,b,c";d', ';'],
  ['one', ','],
])('the header %j has the delimiter %j', (header, delimiter) => expect(delimiterOf(header)).toBe(delimiter));

it('reads back whatever was written, wherever the chunks end', () => {
  const field = fc.option(fc.string({ unit: fc.constantFrom('a', 'é', ',', ';', '"', '\n', '\r', ' ') }), {
    nil: null,
  });
  const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
  fc.assert(
    fc.property(
      table,
      fc.constantFrom(',', ';'),
      fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }),
      (rows, delimiter, steps) => {
        const quote = (text: string | null) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`);
        const text = rows.map((row) => `${row.map(quote).join(delimiter)}\n`).join('');
        const parser = new CsvParser(delimiter);
        const records = [];
        for (let at = 0, i = 0; at < text.length; i++) {
          const step = (steps[i % steps.length] ?? 0) + 1;
          records.push(...parser.push(text.slice(at, at + step)));
          at += step;
        }
        records.push(...parser.end());
        expect(records.map((record) => record.fields)).toEqual(rows);
      },
    ),
  );
});
