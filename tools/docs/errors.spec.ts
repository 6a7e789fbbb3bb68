/** Error codes are a closed, documented list: each one that the sources give stands in docs/errors.md, and no other. */
import { OPERATIONS } from '@tenon/contracts/schemas';
import { FORMS, findCodes, unknownForms } from './error-codes';
import { readPage, readSources } from './sources';

/** A row of a table whose first cell is a code, by section. */
const ROW = /^\| `([^`]+)` *\|([^|]*)\|/gm;

function entriesOf(page: string): { section: string; code: string; second: string }[] {
  return page.split(/^## /m).flatMap((part) => {
    const section = part.slice(0, part.indexOf('\n'));
    return [...part.matchAll(ROW)].map(([, code = '', second = '']) => ({ section, code, second }));
  });
}

const sources = readSources();
const given = findCodes(sources);
const page = readPage('errors.md');
const entries = entriesOf(page);
const documented = new Set(entries.map(({ code }) => code));

describe('docs/errors.md', () => {
  test('every error code that the sources give has an entry', () => {
    expect(given.size).toBeGreaterThan(150);
    const missing = [...given].filter(([code]) => !documented.has(code));
    expect(missing.map(([code, { paths }]) => `${code} (${[...paths].join(', ')})`)).toEqual([]);
  });

  test('every entry is a code that the sources give', () => {
    expect([...documented].filter((code) => !given.has(code))).toEqual([]);
  });

  test('an entry stands once in its section', () => {
    const places = entries.map(({ section, code }) => `${section}: ${code}`);
    expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
  });

  test('the status of an entry is what HTTP answers with', () => {
    const wrong = [...given].flatMap(([code, { statuses }]) => {
      const told = entries
        .filter((entry) => entry.code === code)
        .flatMap(({ second }) => second.match(/\b\d{3}\b/g) ?? []);
      return [...statuses]
        .filter((status) => !told.includes(status))
        .map((status) => `${code} is ${status}, documented ${told.join(', ') || 'without'}`);
    });
    expect(wrong).toEqual([]);
  });

  test('what /openapi.json says a route is refused with is an entry, with that status', () => {
    const told = new Map<string, string>();
    for (const { code, second } of entries) told.set(code, `${told.get(code) ?? ''} ${second}`);
    const wrong = Object.entries(OPERATIONS).flatMap(([route, { problems = {} }]) =>
      Object.entries(problems).flatMap(([code, statuses]) =>
        statuses
          .filter((status) => told.get(code)?.includes(String(status)) !== true)
          .map((status) => `${route}: ${code} ${status}`),
      ),
    );
    // Statuses that an error without one is given (libs/runtime/src/http/problem.ts).
    expect(wrong.filter((one) => !one.endsWith('record-too-large 413'))).toEqual([]);
  });

  test('no code is given in a form that is not known', () => {
    expect(unknownForms(sources, given)).toEqual([]);
  });
});

describe('the search behind docs/errors.md', () => {
  const file = (text: string, path = 'libs/x/src/x.ts') => [{ path, text }];

  test.each(FORMS.map(({ example, file: path, status }) => [example, path, status] as const))(
    'finds %j',
    (example, path, status) => {
      const found = findCodes(file(example, path));
      expect([...found.keys()]).toContain('a-code');
      if (status !== undefined) expect(found.get('a-code')?.statuses).toContain(status);
    },
  );

  test('notices a code that is given in another form', () => {
    const text = "throw new HttpProblem(statusOf(x), 'a-code', detail)";
    expect(unknownForms(file(text), findCodes(file(text)))).toEqual([
      'a-code (libs/x/src/x.ts: new HttpProblem()',
    ]);
    const own = "throw new QuotaError('over-quota', 7)";
    expect(unknownForms(file(own), findCodes(file(own)))).toHaveLength(1);
  });

  test('reads an entry per row', () => {
    expect(entriesOf('## Here\n\n| code | status |\n|---|---|\n| `a-code` | 400, 422 | `other` |\n')).toEqual(
      [{ section: 'Here', code: 'a-code', second: ' 400, 422 ' }],
    );
  });
});
