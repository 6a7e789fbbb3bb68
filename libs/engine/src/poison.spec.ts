/**
 * Whatever fails on an event is that event's matter: a dead letter of the product, in both layers and whatever stands beside it. The
 * functions are drawn from those that the planner accepts, the values from those that break them. `TENON_POISON_RUNS` for more.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import type { Plan } from '@tenon/domain';
import { ledgerTotal } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { Engine, EngineEvent } from '@tenon/ports';
import { createEngine } from './engine';
import { type Folded, answerOf, foldArchive, foldLive } from './testing/pipeline';
import { productOf, recordOf, sourceOf } from './testing/records';

const source = sourceOf({
  i: { type: 'integer' },
  d: { type: 'number' },
  m: { type: 'number', multipleOf: 0.01 },
  s: { type: 'string' },
  z: { type: 'string' },
  t: { type: 'string', format: 'date-time' },
  l: { type: 'array', items: { type: 'integer' } },
});

/** Values of each field, such as break functions. */
const VALUES = {
  i: [0, 1, -1, 5, 200, 40_000, 2_147_483_648, 9_007_199_254_740_991, null],
  d: [0, -1.5, 1e308, -1e308, 1e-320, 3, null],
  m: [0, 9_999_999_999_999.99, -0.01, 12.5, null],
  s: ['', 'x', '(', '%q', '12', '{"a":', '$[', 'é', '2020-01-01', null],
  z: ['UTC', 'Mars/Phobos', '', 'Europe/Berlin', null],
  t: ['2020-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z', '0001-01-01T00:00:00Z', null],
  l: [[], [1], [1, 2, 3], [9_007_199_254_740_991, 1], null],
} as const;

/** Type → an expression of it over the fields. */
const OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  BIGINT: ['i', 'len(s)'],
  HUGEINT: ['i::HUGEINT'],
  INTEGER: ['i::INTEGER', '7'],
  SMALLINT: ['i::SMALLINT'],
  TINYINT: ['i::TINYINT'],
  DOUBLE: ['d', 'i::DOUBLE'],
  FLOAT: ['d::FLOAT'],
  DECIMAL: ['m'],
  VARCHAR: ['s', 'z'],
  BOOLEAN: ['i > 3'],
  TIMESTAMP: ['t', 'event_time'],
  'TIMESTAMP WITH TIME ZONE': ["timezone('UTC', t)"],
  DATE: ['t::DATE', 's::DATE'],
  INTERVAL: ['to_hours(i)', "INTERVAL '1 day'"],
  'T[]': ['l'],
  'BIGINT[]': ['l'],
  'ANY[]': ['l'],
  ANY: ['i', 's'],
  T: ['i'],
  JSON: ['s::JSON'],
};

let engine: Engine;
let directory: string;
let calls: string[] = [];
beforeAll(async () => {
  engine = await createEngine({ threads: 1, memoryLimit: '512MB' });
  directory = mkdtempSync(join(tmpdir(), 'tenon-poison-spec-'));
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT DISTINCT function_name, parameter_types FROM duckdb_functions()
     WHERE function_type = 'scalar' AND len(parameters) BETWEEN 1 AND 3 ORDER BY ALL`,
  );
  calls = reader.getRowsJson().flatMap(([name, types]) => {
    const choices = (types as string[]).map((type) => OF_TYPE[type]);
    if (choices.includes(undefined)) return [];
    const call = (args: readonly string[]) =>
      /^\w+$/.test(String(name))
        ? `${String(name)}(${args.join(', ')})`
        : `(${args.join(` ${String(name)} `)})`;
    const first = call(choices.map((some) => some![0]!));
    const last = call(choices.map((some) => some!.at(-1)!));
    return [...new Set([first, last])];
  });
  connection.closeSync();
  instance.closeSync();
});
afterAll(async () => {
  await engine.close();
  rmSync(directory, { recursive: true });
});

const eventOf = (data: unknown, offset: number): EngineEvent => ({
  partition: offset % 2,
  record: recordOf(offset, { time: '2024-03-01T10:20:30Z', data }),
});

/** States are compared as they travel. */
const outcome = ({ cells, ledger, refused }: Folded) => ({
  cells: new Map([...cells].sort(([a], [b]) => (a < b ? -1 : 1))),
  ledger,
  refused: refused.map(({ partition, offset, code }) => `${partition} ${offset} ${code}`),
});

async function judgedAlike(plan: Plan, events: readonly EngineEvent[]): Promise<Folded> {
  const alone = events.map((event) => [event]);
  const [[together], [single], [archived]] = [
    await foldLive(engine, source, [plan], [events]),
    await foldLive(engine, source, [plan], alone),
    await foldArchive(engine, source, [plan], events, directory, 5),
  ];
  expect(outcome(single!)).toEqual(outcome(together!));
  expect(outcome(archived!)).toEqual(outcome(together!));
  expect(ledgerTotal(together!.ledger)).toBe(events.length);
  return together!;
}

const planned = async (sql: string): Promise<Plan | undefined> => {
  try {
    return await engine.plan(source, productOf(sql));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
};

const NAMED: readonly (readonly [
  title: string,
  sql: string,
  refused: readonly number[],
  rows: readonly object[],
])[] = [
  [
    'a time zone that is none',
    'SELECT timezone(z, event_time) AS k, count(*) AS n FROM events GROUP BY ALL',
    [1],
    [{ z: 'UTC' }, { z: 'Mars/Phobos' }, { z: null }],
  ],
  [
    'a bucket of no width',
    'SELECT time_bucket(to_hours(i), event_time) AS k, count(*) AS n FROM events GROUP BY ALL',
    [1],
    [{ i: 6 }, { i: 0 }, { i: 6 }],
  ],
  [
    'a reduction of nothing',
    'SELECT list_reduce(l, (a, b) -> a + b) AS k, count(*) AS n FROM events GROUP BY ALL',
    [1],
    [{ l: [1, 2] }, { l: [] }, { l: null }],
  ],
  [
    'an escape that is none',
    'SELECT s LIKE s ESCAPE z AS k, count(*) AS n FROM events GROUP BY ALL',
    [1],
    [
      { s: 'a', z: 'x' },
      { s: 'a', z: 'xx' },
      { s: 'b', z: '' },
    ],
  ],
  [
    'a cast in a CTE',
    'WITH e AS (SELECT i::TINYINT AS x FROM events) SELECT sum(x) AS n FROM e',
    [1],
    [{ i: 1 }, { i: 1000 }, { i: 2 }],
  ],
  [
    'a cast in WHERE',
    "SELECT count(*) AS n FROM events WHERE s::INTEGER % 2 = 0 AND z = 'UTC'",
    [1],
    [
      { s: '4', z: 'UTC' },
      { s: 'four', z: 'UTC' },
      { s: 'four', z: 'x' },
    ],
  ],
  [
    'a cast in FILTER',
    'SELECT count(*) FILTER (s::INTEGER % 2 = 0) AS n FROM events',
    [1],
    [{ s: '4' }, { s: 'four' }, { s: '5' }],
  ],
  [
    'two casts',
    'SELECT i::TINYINT AS k, sum(s::INTEGER) AS n FROM events GROUP BY ALL',
    [0, 1],
    [
      { i: 500, s: '1' },
      { i: 1, s: 'one' },
      { i: 1, s: '1' },
    ],
  ],
  [
    'a pattern',
    "SELECT regexp_matches('a', s) AS k, count(*) AS n FROM events GROUP BY ALL",
    [1],
    [{ s: 'a' }, { s: '(' }, { s: 'b' }],
  ],
  ...(
    [
      ['a series', 'sum(list_sum(range(i)))'],
      ['a series from somewhere', 'sum(len(generate_series(-3, i)))'],
      ['a series by steps', 'sum(len(range(0, i, 2)))'],
      ['a series downwards', 'sum(len(range(0, -i, -2)))'],
      ['a series of times', "max(len(range(event_time, event_time + to_seconds(i), INTERVAL '1 second')))"],
      ['a series of days', 'max(len(generate_series(event_time::DATE, t::DATE, to_days(1 + i % 2))))'],
      ['a series in a lambda', 'sum(list_sum(list_transform(l, lambda x: len(range(x * i)))))'],
      ['a text of a width', "max(length(printf('%' || i || 'd', 1)))"],
      ['a text of a width beside it', "max(length(format('{:>{}}', s, i)))"],
      ['a text of a width in it', "max(length(format('{:>' || i || '}', s)))"],
      ['a number of a width beside it', "max(length(printf('%*d', i, 7)))"],
      ['bits', "max(bit_count(bitstring('1', i::INTEGER)))"],
      ['a text over and over', 'max(length(repeat(s, i)))'],
      ['a list over and over', 'max(len(repeat(l, i)))'],
      ['a text as long as it says', "max(length(lpad(s, i::INTEGER, '-')))"],
      ['a text as long as it says, on the right', "max(length(rpad(s, i::INTEGER, '-')))"],
      ['a list as long as it says', 'max(len(list_resize(l, i)))'],
      ['a list as long as it says, filled', 'max(len(array_resize(l, i, 7)))'],
    ] as const
  ).map(
    ([title, call]) =>
      [
        title,
        `SELECT s, ${call} AS x, count(*) AS n FROM events GROUP BY s`,
        [1],
        [3, 2_000_000_000, 2].map((i) => ({
          ...{ s: 'longer', i, l: [1, 2], t: i > 3 ? '9999-01-01T00:00:00Z' : '2024-03-04T00:00:00Z' },
        })),
      ] as const,
  ),
  ...['range(i) AS t(x)', 'unnest(generate_series(1, i)) AS t(x)'].map(
    (series) =>
      [
        `a series in FROM: ${series}`,
        `SELECT count(*) AS n, sum(x) AS x FROM events, ${series}`,
        [1],
        [{ i: 3 }, { i: 2_000_000_000 }, { i: 2 }],
      ] as const,
  ),
];

test.each(NAMED)('%s', async (_, sql, refused, rows) => {
  const plan = (await planned(sql))!;
  const folded = await judgedAlike(plan, rows.map(eventOf));
  expect(folded.refused.map(({ offset }) => offset).sort()).toEqual(refused);
  expect(
    folded.refused.every(({ code, detail }) => code === 'refused-by-sql' && /\w+ Error: ./.test(detail)),
  ).toBe(true);
});

test.each([
  ['range(i)', 'range(i)', /range\(i\) makes more than 20000 items of this event.*TENON_MAX_ROWS_PER_EVENT/],
  [
    'two columns',
    'generate_series(i, i * m::INTEGER)',
    /generate_series\(i, m\) makes more than 20000 items/,
  ],
  [
    'times',
    "range(event_time, event_time + to_seconds(i), INTERVAL '1 second')",
    /range\(event_time, i\) makes/,
  ],
  ['a text', 'repeat(s, i)', /repeat\(s, i\) makes more than 100000 characters.*Bound it in the SQL/],
])('what makes too much of an event is named, with the way out: %s', async (_, call, said) => {
  const plan = (await planned(`SELECT max(length(${call})) AS x FROM events`))!;
  const folded = await judgedAlike(plan, [eventOf({ s: 'longer', i: 2_000_000_000, m: 2 }, 0)]);
  expect(folded.refused.map(({ detail }) => detail)).toEqual([expect.stringMatching(said)]);
});

test.each([
  ['a cast', 'SELECT s, sum(i::TINYINT) AS n FROM events GROUP BY ALL', { i: 1000 }, { i: 7 }],
  [
    'what TRY does not catch',
    'SELECT timezone(z, event_time)::DATE AS k, count(*) AS n FROM events GROUP BY ALL',
    { z: 'Mars' },
    { z: 'UTC' },
  ],
])('4,000 events that fail are found in a handful of queries: %s', async (_, sql, bad, good) => {
  const plan = (await planned(sql))!;
  const events = Array.from({ length: 12_000 }, (__, at) => eventOf(at % 3 === 0 ? bad : good, at));
  const queries = jest.spyOn(DuckDBConnection.prototype, 'run');
  const reads = jest.spyOn(DuckDBConnection.prototype, 'runAndReadAll');
  const [folded] = await foldLive(engine, source, [plan], [events]);
  expect(folded!.refused).toHaveLength(4000);
  expect(queries.mock.calls.length + reads.mock.calls.length).toBeLessThan(60);
  jest.restoreAllMocks();
});

test('the spread of money of any amount loses no event', async () => {
  const plan = (await planned('SELECT count(*) AS n, var_pop(m) AS v, stddev_samp(m) AS s FROM events'))!;
  const amounts = [9999999.99, 10000000.01, 20000000, 5.5, 12345678901.23, -30000000];
  const folded = await judgedAlike(
    plan,
    amounts.map((m, at) => eventOf({ m }, at)),
  );
  const [[count, variance, deviation]] = (await answerOf(engine, plan, folded)) as [[number, number, number]];
  expect(count).toBe(6);
  expect(variance / 21162247887428907000).toBeCloseTo(1, 14);
  expect(deviation / 5039315178.168031).toBeCloseTo(1, 14);
});

const shapes = (call: string) => [
  `SELECT ${call} AS k, count(*) AS n FROM events GROUP BY ALL`,
  `SELECT i, max(${call}) AS x FROM events GROUP BY ALL`,
  `SELECT count(*) AS n FROM events WHERE (${call}) IS NOT NULL AND i >= 0`,
  `SELECT s, count(${call}) FILTER (i > 0) AS n FROM events GROUP BY ALL`,
  `SELECT sum(x) AS n FROM (SELECT hash(${call}) % 100 AS x FROM events WHERE z IS NOT NULL)`,
];

test('any function, any value: judged alike alone and in company, live and in the archive', async () => {
  const rows = fc.array(
    fc.record(
      Object.fromEntries(Object.entries(VALUES).map(([name, values]) => [name, fc.constantFrom(...values)])),
    ),
    { minLength: 4, maxLength: 12 },
  );
  let tried = 0;
  let failed = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(4), rows, async (at, shape, data) => {
      const sql = shapes(calls[at % calls.length]!)[shape]!;
      const plan = await planned(sql);
      if (plan === undefined) return;
      const folded = await judgedAlike(plan, data.map(eventOf));
      tried += 1;
      if (folded.refused.length > 0) failed += 1;
    }),
    {
      numRuns: Number(process.env['TENON_POISON_RUNS'] ?? 60),
      seed: Number(process.env['TENON_POISON_SEED'] ?? 11),
    },
  );
  expect(tried).toBeGreaterThan(10);
  expect(failed).toBeGreaterThan(0);
}, 600_000);
