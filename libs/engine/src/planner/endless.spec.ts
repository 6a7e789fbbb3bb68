import type { Engine } from '@tenon/ports';
import { createEngine } from '../engine';
import { Planner } from './planner';
import { productOf, sourceOf } from '../testing/records';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
});
afterAll(() => engine.close());

const plan = (sql: string) => engine.plan(sourceOf({ i: { type: 'integer' } }), productOf(sql));
const hop = (size: string, slide: string) =>
  `SELECT window_start, count(*) AS n FROM events, hop(event_time, INTERVAL '${size}', INTERVAL '${slide}') GROUP BY ALL`;

test.each([
  'SELECT count(*) AS n FROM events, unnest(generate_series(1, 1000000000)) AS t(x)',
  'SELECT count(*) AS n FROM events, generate_series(1, 1000 * 1000) AS a(x), generate_series(1, 1000000) AS b(y)',
  'SELECT max(range(100000000)[5]) AS n FROM events',
  'SELECT count(*) AS n FROM events WHERE len(range(-1, 1000000000, 2)) > 5',
  'SELECT sum(x) AS n FROM (SELECT unnest(range(1000000000)) AS x FROM events)',
  hop('200000 seconds', '1 second'),
  'SELECT sum(list_sum(list_transform(range(100000), lambda x: list_sum(list_transform(range(100000), lambda y: x * y))))) AS n FROM events',
  'SELECT sum(len([y for y in range(50000) if len(range(y + i)) > 3])) AS n FROM events',
  "SELECT max(length(repeat('x', 2000000000))) AS n FROM events",
  "SELECT max(length(repeat(repeat('xy', 1000), 1000))) AS n FROM events",
  "SELECT max(length(lpad('x', 2000000000, '-'))) AS n FROM events",
  'SELECT max(len(list_resize([i], 1000000000))) AS n FROM events',
])('more than anybody can keep of each event is refused, and nothing is computed: %s', async (sql) => {
  await expect(plan(sql)).rejects.toMatchObject({
    code: 'plan-refused',
    problems: expect.arrayContaining([expect.objectContaining({ code: 'too-many-cells' })]) as unknown,
  });
});

test.each([
  "SELECT time_bucket(INTERVAL '1 month 1 day', event_time) AS w, count(*) AS n FROM events GROUP BY ALL",
  "SELECT time_bucket(INTERVAL '-1 hour', event_time) AS w, count(*) AS n FROM events GROUP BY ALL",
  "SELECT time_bucket(INTERVAL '0 hours', event_time) AS w, count(*) AS n FROM events GROUP BY ALL",
  hop('1 hour', '0 minutes'),
])('a width that no window can have is refused: %s', async (sql) => {
  await expect(plan(sql)).rejects.toMatchObject({ problems: [{ code: 'sql-error' }] });
});

test('a text interval is a window too', async () => {
  const planned = await plan(
    "SELECT time_bucket('1 hour', event_time) AS w, count(*) AS n FROM events GROUP BY ALL",
  );
  expect(planned.window).toMatchObject({ column: 'w', sizeMicros: 3600e6 });
});

test.each([
  'SELECT x, count(*) AS n FROM events, generate_series(1, 100) AS t(x) GROUP BY ALL',
  'SELECT sum(list_sum(range(i))) AS n FROM events',
  'SELECT sum(len(list_transform(range(24), lambda x: range(x * i)))) AS n FROM events',
  "SELECT max(length(repeat('x', 1000) || i)) AS n FROM events",
  hop('1 day', '1 minute'),
])('series of a reasonable length are planned: %s', async (sql) => {
  await expect(plan(sql)).resolves.toMatchObject({ product: 'product' });
});

test('what DuckDB computes of constants without heeding anything is given up, and the next one is planned', async () => {
  const planner = await Planner.open(undefined, { mostMs: 3000, heedMs: 100, memoryLimit: '512MiB' });
  const source = sourceOf({ i: { type: 'integer' } });
  const endless = "SELECT max(levenshtein(repeat('x', 80000), repeat('y', 79999))) AS n FROM events";
  await expect(planner.plan(source, productOf(endless))).rejects.toMatchObject({
    problems: [{ code: 'plan-too-long' }],
  });
  await expect(planner.plan(source, productOf('SELECT count(*) AS n FROM events'))).resolves.toMatchObject({
    product: 'product',
  });
  planner.close();
});

test('SQL that takes more memory than planning may is refused, and the next one is planned', async () => {
  const planner = await Planner.open(undefined, { mostMs: 60_000, memoryLimit: '16MiB' });
  const source = sourceOf({ i: { type: 'integer' } });
  const numbers = Array.from({ length: 20_000 }, (_, index) => index).join();
  const long = [
    `SELECT count(*) FILTER (i IN (${numbers})) AS n FROM events`,
    `SELECT count(*) AS n FROM events WHERE event_id = '${'x'.repeat(5_000_000)}'`,
  ];
  for (const sql of long)
    await expect(planner.plan(source, productOf(sql))).rejects.toMatchObject({
      problems: [
        { code: 'plan-too-large', message: expect.stringContaining('TENON_MAX_PLANNING_MEMORY') as string },
      ],
    });
  await expect(planner.plan(source, productOf('SELECT count(*) AS n FROM events'))).resolves.toMatchObject({
    product: 'product',
  });
  planner.close();
});
