/** What a refusal says is so, and the way out that it shows can be followed. */
import type { Refusal } from '@tenon/errors';
import type { Engine } from '@tenon/ports';
import { createEngine } from '../engine';
import { productOf, sourceOf } from '../testing/records';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
});
afterAll(() => engine.close());

const source = sourceOf({
  g: { type: 'string' },
  v: { type: 'number' },
  n: { type: 'integer' },
  t: { type: 'string', format: 'date-time' },
  l: { type: 'array', items: { type: 'integer' } },
  at: { type: 'string' },
  order: { type: 'integer' },
});
const plan = (sql: string) => engine.plan(source, productOf(sql));

/** Title, what is written, what is said (codes and words), and the way out. */
const CASES: readonly (readonly [
  title: string,
  sql: string,
  codes: readonly string[],
  says: RegExp,
  instead: string,
])[] = [
  [
    'a pass-through',
    'SELECT g, v FROM events WHERE v > 1',
    ['no-aggregate'],
    /event_id in GROUP BY/,
    'SELECT event_id, g, v FROM events WHERE v > 1 GROUP BY ALL',
  ],
  [
    'the first rows by a measure',
    'SELECT g, count(*) AS c FROM events GROUP BY g ORDER BY c DESC LIMIT 10',
    ['limit', 'order-by'],
    /HAVING keeps rows by a measure/,
    'SELECT g, count(*) AS c FROM events GROUP BY g HAVING c > 10',
  ],
  [
    'the most frequent values',
    'SELECT g, count(*) AS c FROM events GROUP BY g ORDER BY c DESC',
    ['order-by'],
    /approx_top_k\(x, 10\)/,
    'SELECT approx_top_k(g, 10) AS top FROM events',
  ],
  [
    'a share of the total',
    'SELECT g, sum(v) / sum(sum(v)) OVER () AS share FROM events GROUP BY g',
    ['window-function'],
    /compute shares.*over the rows/,
    'SELECT g, sum(v) AS s, count(*) AS c FROM events GROUP BY g',
  ],
  [
    'a join with another source',
    'SELECT count(*) AS c FROM events JOIN other ON events.g = other.g',
    ['unknown-table'],
    /no other source/,
    "SELECT name, count(*) AS c FROM events LEFT JOIN (VALUES (1, 'one')) AS t(id, name) ON n = id GROUP BY ALL",
  ],
  [
    'a table of one letter',
    'SELECT count(*) AS c FROM x',
    ['unknown-table'],
    /Constants can be joined/,
    'SELECT count(*) AS c FROM events',
  ],
  [
    'the longest interval',
    "SELECT max(t - TIMESTAMP '2020-01-01') AS m FROM events",
    ['not-mergeable'],
    /epoch\(x\)/,
    "SELECT max(epoch(t - TIMESTAMP '2020-01-01')) AS m FROM events",
  ],
  [
    'the largest list',
    'SELECT max(l) AS m FROM events',
    ['not-mergeable'],
    /x\[1\]/,
    'SELECT max(l[1]) AS m FROM events',
  ],
  [
    'first by two keys, one of them descending',
    'SELECT first(g ORDER BY t, v DESC) AS f FROM events',
    ['not-mergeable'],
    /ORDER BY a, -b/,
    'SELECT first(g ORDER BY t, -v) AS f FROM events',
  ],
  [
    'last by a number, and by a time descending',
    'SELECT last(g ORDER BY v, t DESC) AS f FROM events',
    ['not-mergeable'],
    /-epoch\(t\)/,
    'SELECT last(g ORDER BY v, -epoch(t)) AS f FROM events',
  ],
  [
    'the three largest by another',
    'SELECT arg_max(g, t, 3) AS m FROM events',
    ['not-mergeable'],
    /which gives one value/,
    'SELECT arg_max(g, t) AS m FROM events',
  ],
  [
    'the ten largest',
    'SELECT max(v, 10) AS m FROM events',
    ['not-mergeable'],
    /not planned yet.*one argument/s,
    'SELECT max(v) AS m FROM events',
  ],
  [
    'what could be merged',
    'SELECT bit_or(n) AS m FROM events',
    ['not-mergeable'],
    /not planned yet/,
    'SELECT bool_or(n & 1 <> 0) AS m FROM events',
  ],
  [
    'a correlation',
    'SELECT corr(v, n) AS m FROM events',
    ['not-mergeable'],
    /not planned yet/,
    'SELECT sum(v) AS x, sum(n) AS y, sum(v * n) AS xy, count(*) AS c FROM events',
  ],
  [
    'a median deviation',
    'SELECT mad(v) AS m FROM events',
    ['not-mergeable'],
    /another measure/,
    'SELECT approx_quantile(v, [0.25, 0.75]) AS q, stddev_pop(v) AS s FROM events',
  ],
  [
    'EXISTS',
    "SELECT g FROM events WHERE g IN (SELECT 'a') GROUP BY g",
    ['subquery-expression'],
    /SEMI JOIN/,
    "SELECT g FROM events SEMI JOIN (VALUES ('a')) AS t(y) ON g = t.y GROUP BY g",
  ],
  [
    'any event of a group',
    'SELECT g, count(*) AS c FROM events GROUP BY g HAVING count(*) = ANY(SELECT 1)',
    ['subquery-expression'],
    /HAVING count\(\*\) FILTER/,
    'SELECT g FROM events GROUP BY g HAVING count(*) FILTER (v > 3) > 0',
  ],
  [
    'DISTINCT below',
    'SELECT count(*) AS c FROM (SELECT DISTINCT g FROM events)',
    ['select-distinct'],
    /count\(DISTINCT x\)/,
    'SELECT count(DISTINCT g) AS c FROM events',
  ],
  [
    'DISTINCT ON',
    'SELECT DISTINCT ON (g) g, v FROM events',
    ['no-aggregate', 'select-distinct'],
    /arg_max\(x, event_time\)/,
    'SELECT g, arg_max(v, event_time) AS v FROM events GROUP BY g',
  ],
  [
    'an error that follows from another',
    "SELECT c.id, time_bucket(INTERVAL '1 hour', event_time) AS w, count(*) AS n FROM events AS e JOIN campaigns AS c ON e.g = c.id GROUP BY c.id, w",
    ['unknown-table'],
    /LEFT JOIN \(VALUES/,
    "SELECT id, time_bucket(INTERVAL '1 hour', event_time) AS w, count(*) AS n FROM events LEFT JOIN (VALUES ('a')) AS c(id) ON g = c.id GROUP BY ALL",
  ],
  [
    'a key of a type that Tenon does not compare',
    'SELECT g::BLOB AS k, count(*) AS c FROM events GROUP BY ALL',
    ['key-type'],
    /cannot name a cell/,
    'SELECT CAST(g::BLOB AS VARCHAR) AS k, count(*) AS c FROM events GROUP BY ALL',
  ],
  [
    'a sum of the largest whole numbers, which is a DOUBLE in DuckDB',
    'SELECT sum(v::UHUGEINT) AS s, avg(v::UHUGEINT) AS a FROM events',
    ['not-mergeable', 'not-mergeable'],
    /to HUGEINT/,
    'SELECT sum(v::HUGEINT) AS s, avg(v::DOUBLE) AS a FROM events',
  ],
  [
    'an order by the values of an ENUM',
    "SELECT arg_max(v, g::ENUM('b', 'a')) AS m, last(v ORDER BY t, g::ENUM('b', 'a')) AS l FROM events",
    ['not-mergeable', 'not-mergeable'],
    /CAST\(x AS VARCHAR\)/,
    "SELECT arg_max(v, CAST(g::ENUM('b', 'a') AS VARCHAR)) AS m, last(v ORDER BY t, CAST(g::ENUM('b', 'a') AS VARCHAR)) AS l FROM events",
  ],
  [
    'another key that has no order here',
    "SELECT g::ENUM('a', 'b') AS k, t::TIMESTAMP_S AS s, count(*) AS c FROM events GROUP BY ALL",
    ['key-type', 'key-type'],
    /CAST\(x AS VARCHAR\)/,
    "SELECT CAST(g::ENUM('a', 'b') AS VARCHAR) AS k, CAST(t::TIMESTAMP_S AS VARCHAR) AS s, count(*) AS c FROM events GROUP BY ALL",
  ],
  [
    'a membership in a list',
    "SELECT count(*) AS c FROM events WHERE g = ANY(['a', 'b'])",
    ['subquery-expression'],
    /x IN \('a', 'b'\)/,
    "SELECT count(*) AS c FROM events WHERE g IN ('a', 'b')",
  ],
  [
    'GROUP BY an alias that is a field too',
    "SELECT date_trunc('day', t) AS g, count(*) AS c FROM events GROUP BY g",
    ['not-grouped'],
    /g in GROUP BY is the field g of the event/,
    "SELECT date_trunc('day', t) AS day, count(*) AS c FROM events GROUP BY day",
  ],
  [
    'the same where GROUP BY ALL is meant',
    "SELECT date_trunc('day', t) AS g, count(*) AS c FROM events GROUP BY g",
    ['not-grouped'],
    /GROUP BY ALL/,
    "SELECT date_trunc('day', t) AS g, count(*) AS c FROM events GROUP BY ALL",
  ],
  [
    'a field that is called as a word of SQL',
    'SELECT at, count(*) AS c FROM events GROUP BY at',
    ['parse-error'],
    /for the field of that name write "at"/,
    'SELECT "at", count(*) AS c FROM events GROUP BY "at"',
  ],
  [
    'the same where the parser stops at it',
    'SELECT count(*) AS c FROM events WHERE order > 3',
    ['parse-error'],
    /for the field of that name write "order"/,
    'SELECT count(*) AS c FROM events WHERE "order" > 3',
  ],
];

test('with several sources, a FROM that names none of them is told what there is', async () => {
  const refused = (sql: string, guessed: boolean) =>
    engine.plan(source, productOf(sql), { sources: ['stocks', 'bids'], guessed }).then(
      () => undefined,
      (error: Refusal) => error.problems.map(({ message, hint }) => [message, hint]),
    );
  expect(await refused('SELECT count(*) AS c FROM stokcs', true)).toEqual([
    ['There is no source stokcs. The catalog has bids, events, stocks.', 'Did you mean stocks?'],
  ]);
  const [[message, hint] = []] = (await refused(
    'SELECT count(*) AS c FROM events JOIN bids ON true',
    false,
  )) ?? [[]];
  expect(message).toMatch(/this product reads the source events, and no other source/);
  expect(hint).toMatch(/for two sources declare two products/);
});

test.each(CASES)('%s', async (_, sql, codes, says, instead) => {
  const refusal = await plan(sql).then(
    () => undefined,
    (error: Refusal) => error,
  );
  expect(refusal?.problems.map(({ code }) => code).sort()).toEqual(codes);
  expect(refusal?.problems.map(({ message, hint }) => `${message} ${hint}`).join('\n')).toMatch(says);
  await expect(plan(instead)).resolves.toMatchObject({ product: 'product' });
});
