/** What one event may make a product work: beyond it the event is a dead letter of the product, and all others count, in both layers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import type { Engine, EngineEvent } from '@tenon/ports';
import { createEngine } from './engine';
import { likeAsRegex } from './planner/like';
import { type Folded, answerOf, foldArchive, foldLive } from './testing/pipeline';
import { productOf, recordOf, sourceOf } from './testing/records';

jest.setTimeout(60_000);

const source = sourceOf({ s: { type: 'string' }, i: { type: 'integer' } });
const LONG = 300_000;
const GOOD = ['', 'a', 'Straße', 'x,y,z', '12', '[1]', '{"a":1}'];

let engine: Engine;
let directory: string;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
  directory = mkdtempSync(join(tmpdir(), 'tenon-guards-'));
});
afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true, force: true });
});

const eventsOf = (texts: readonly string[]): EngineEvent[] =>
  texts.map((s, offset) => ({
    partition: 0,
    record: recordOf(offset, { time: '2024-01-01T00:00:00Z', data: { s, i: offset } }),
  }));

async function bothWays(sql: string, texts: readonly string[]): Promise<[Folded, Folded]> {
  const plan = await engine.plan(source, productOf(sql));
  const events = eventsOf(texts);
  const [live] = await foldLive(engine, source, [plan], [events]);
  const folder = mkdtempSync(join(directory, 'archive-'));
  const [archived] = await foldArchive(engine, source, [plan], events, folder, 1000);
  expect(await answerOf(engine, plan, archived as Folded)).toEqual(
    await answerOf(engine, plan, live as Folded),
  );
  return [live as Folded, archived as Folded];
}

const ABC = 'abcdefghij'.repeat(LONG / 10);
const AAA = 'a'.repeat(LONG);
const NESTED = '['.repeat(LONG / 2) + ']'.repeat(LONG / 2);

test.each([
  ['max(levenshtein(s, reverse(s)))', ABC, /levenshtein\(s\) has more than 1000000 comparisons/],
  ['max(editdist3(s, reverse(s)))', ABC, /left\(x, 1000\)/],
  ['max(damerau_levenshtein(s, reverse(s)))', ABC, /damerau_levenshtein\(s\)/],
  ['max(jaro_similarity(s, reverse(s)))', ABC, /jaro_similarity\(s\)/],
  ["count(*) FILTER (s LIKE i || '%_a%_b%_c%_d%')", AAA, /LIKE\(s, i\) has more than 10000000 steps/],
  ["count(*) FILTER (s GLOB '*_a*a*b')", AAA, /~~~\(s\) has more than/],
  ['max(len(replace(s, left(s, 1), s)))', AAA, /replace\(s\) makes more than 100000 characters/],
  ["max(len(regexp_replace(s, '.', s, 'g')))", AAA, /regexp_replace\(s\) makes more than/],
  ["max(len(regexp_extract_all(s, 'a*b|a')))", AAA, /more than 20000 characters to search/],
  ["max(length(list_reduce(string_split(s, ''), lambda x, y: x || x)))", AAA, /more than 100000 characters/],
  ["max(len(list_transform(string_split(s, ''), lambda x: s || x)))", AAA, /list_transform\(s/],
  ["max(len(list_filter(string_split(s, ''), lambda x: levenshtein(s, x) < 3)))", AAA, /list_filter\(s/],
  ['max(CAST(json_structure(s) AS VARCHAR))', NESTED, /json_structure\(s\) has more than 5000 brackets/],
  ['count(*) FILTER (json_contains(s, s))', NESTED, /more than 5000 brackets of JSON/],
  ['max(length(json_pretty(s)))', NESTED, /more than 5000 brackets of JSON/],
  ['max(length(CAST(TRY_CAST(s AS BIGNUM) AS VARCHAR)))', '9'.repeat(LONG), /more than 10000 digits/],
  ['max(length(format(s, s)))', '{0}'.repeat(LONG / 3), /format\(s\)/],
  ["max(contains(s, right(s, 400000) || 'b'))", AAA, /contains\(s\) has more than/],
] as const)(
  '%s: of one long text a dead letter, and nobody waits for it',
  async (expression, text, reason) => {
    const valid = GOOD.filter((one) => !/json|format/.test(expression) || /^[[1]/.test(one));
    const texts = [...valid, text, ...valid];
    const folds = await bothWays(`SELECT count(*) AS n, ${expression} AS x FROM events`, texts);
    for (const { refused, ledger } of folds) {
      expect(refused.map(({ offset, code }) => [offset, code])).toEqual([[valid.length, 'refused-by-sql']]);
      expect(refused[0]!.detail).toMatch(reason);
      expect(ledger).toMatchObject({ aggregated: 2 * valid.length, deadLettered: 1 });
    }
  },
);

test.each([
  "max(levenshtein(s, 'Strasse'))",
  "count(*) FILTER (s ILIKE '%a%b%c%zz%')",
  "count(*) FILTER (s NOT LIKE '%_a%_b%_c%\\%%' ESCAPE '\\')",
  "max(length(replace(replace(s, ',', ';'), 'a', 'bb')))",
  "max(length(regexp_replace(s, '\\s+', ' ', 'g')))",
  "max(len(regexp_extract_all(s, '#\\w+')))",
  "max(len(list_filter(string_split(s, ','), lambda x: contains(x, 'y'))))",
  "max(len([lpad(x, 5, '0') for x in string_split(s, ',') if x <> s[:3]]))",
  'max(list_reduce(range(10), lambda x, y: x + y))',
] as const)('what people write takes long texts too: %s', async (expression) => {
  const texts = [...GOOD, expression.includes('levenshtein') ? ABC.slice(0, 100_000) : ABC];
  for (const { refused } of await bothWays(`SELECT ${expression} AS x FROM events`, texts))
    expect(refused).toEqual([]);
});

test('much that is made of each of many events is made some at a time, to what it is together', async () => {
  const texts = Array.from({ length: 200 }, (_, i) => String(i));
  const made =
    'SELECT i % 3 AS k, sum(list_sum(list_transform(range(20000), lambda x: x + i))) AS n FROM events GROUP BY ALL';
  const base = (20_000 * 19_999) / 2;
  const [live, archived] = await bothWays(made, texts);
  for (const { refused, ledger } of [live, archived]) {
    expect(refused).toEqual([]);
    expect(ledger).toMatchObject({ aggregated: 200 });
  }
  const plan = await engine.plan(source, productOf(made));
  const rows = await answerOf(engine, plan, archived);
  const expected = [0, 1, 2].map((k) => {
    const mine = texts.map(Number).filter((i) => i % 3 === k);
    return mine.reduce((sum, i) => sum + base + 20_000 * i, 0);
  });
  expect(JSON.stringify(rows)).toContain(String(expected[0]));
  expect(JSON.stringify(rows)).toContain(String(expected[2]));
});

/** Function → how it is written, and whether case counts for nothing. */
const LIKES: Readonly<Record<string, readonly [operator: string, lower: boolean]>> = {
  '~~': ['LIKE', false],
  '!~~*': ['NOT ILIKE', true],
  ilike_escape: ['ILIKE', true],
  not_like_escape: ['NOT LIKE', false],
};

test('LIKE as a regular expression is LIKE', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const texts = (units: readonly string[]) =>
    fc.array(fc.constantFrom(...units), { maxLength: 7 }).map((all) => all.join(''));
  const cases = fc.record({
    text: texts(['a', 'B', 'é', '\n', '.', '%', '\\', '(']),
    pattern: texts(['%', '_', '%', 'a', 'b', '.', '\n', '(', '!', '\\', 'B%']),
    name: fc.constantFrom(...Object.keys(LIKES)),
    by: fc.constantFrom('!', 'B', 'b'),
  });
  try {
    await fc.assert(
      fc.asyncProperty(cases, async ({ text, pattern, name, by }) => {
        const escape = name.includes('escape') ? by : '';
        const as = likeAsRegex(name, pattern, escape);
        if (as === undefined || as === 'fine') return;
        const [operator, lower] = LIKES[name]!;
        const row = await connection.runAndReadAll(
          `SELECT s ${operator} p ${escape === '' ? '' : `ESCAPE '${escape}'`} AS x, regexp_full_match(${lower ? 'lower(s)' : 's'}, r, 's') AS y
           FROM (SELECT $1::VARCHAR AS s, $2::VARCHAR AS p, $3::VARCHAR AS r)`,
          [text, pattern, as.regex],
        );
        const [x, y] = row.getRows()[0] as [boolean, boolean];
        expect(y !== operator.startsWith('NOT')).toBe(x);
      }),
      { numRuns: 300 },
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});
