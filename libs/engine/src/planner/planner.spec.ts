import type { Plan, Problem } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import { productOf, sourceOf } from '../testing/records';
import { Planner } from './planner';

const orders = sourceOf(
  {
    amount: { type: 'number', multipleOf: 0.01 },
    weight: { type: 'number' },
    quantity: { type: 'integer' },
    country: { type: 'string' },
    paid: { type: 'boolean' },
    shipped: { type: 'string', format: 'date-time' },
    customer: { type: 'object', properties: { country: { type: 'string' }, level: { type: 'integer' } } },
    lines: {
      type: 'array',
      items: { type: 'object', properties: { sku: { type: 'string' }, qty: { type: 'integer' } } },
    },
    tags: { type: 'array', items: { type: 'string' } },
    payload: {},
    'weird "name"': { type: 'integer' },
  },
  { name: 'orders' },
);

let planner: Planner;
beforeAll(async () => {
  planner = await Planner.open();
});
afterAll(() => planner.close());

const plan = (sql: string) => planner.plan(orders, productOf(sql));

async function problemsOf(sql: string): Promise<readonly Problem[]> {
  const refusal = await plan(sql).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(refusal instanceof Refusal)) throw refusal ?? new Error(`Planned: ${sql}`);
  expect(refusal.code).toBe('plan-refused');
  return refusal.problems;
}

const summary = ({ columns, key, window, states }: Plan) => ({
  columns: columns.map(({ name, type, role }) => `${name} ${type} ${role}`),
  key: key.map(({ column, type }) => `${column} ${type}`),
  window: window && [window.column, window.sizeMicros, window.sizeMonths],
  states: states.map(({ kind }) => kind),
});

const HOUR = 3_600_000_000;

describe('a SELECT becomes a plan', () => {
  test('with the window first in the key, and measures, expressions and HAVING apart', async () => {
    const planned = await plan(`
      SELECT country, time_bucket(INTERVAL '1 hour', event_time) AS window_start, count(*) AS n, sum(amount) AS revenue,
        avg(amount) AS average, round(100.0 * count(*) FILTER (WHERE paid) / n, 1) AS share
      FROM orders GROUP BY ALL HAVING n > 1 AND max(quantity) > 2`);
    expect(summary(planned)).toEqual({
      columns: [
        'country VARCHAR key',
        'window_start TIMESTAMP key',
        'n BIGINT measure',
        'revenue DECIMAL(38,2) measure',
        'average DOUBLE measure',
        'share DOUBLE expression',
      ],
      key: ['window_start TIMESTAMP', 'country VARCHAR'],
      window: ['window_start', HOUR, 0],
      // count(*), sum(amount), count(amount), count(*) FILTER, max(quantity): equal states are kept once.
      states: ['count', 'sum', 'count', 'count', 'max'],
    });
    expect(planned.columns.map(({ index }) => index)).toEqual([1, 0, 0, 1, 2, null]);
    expect(planned.measures.map(({ fn, states }) => [fn, states])).toEqual([
      ['count', [0]],
      ['sum', [1]],
      ['avg', [1, 2]],
      ['count', [3]],
      ['max', [4]],
    ]);
  });

  test.each<[string, string, readonly string[]]>([
    ['names', 'SELECT country, count(*) FROM orders GROUP BY country', ['country VARCHAR']],
    [
      'positions',
      'SELECT country, paid, count(*) FROM orders GROUP BY 2, 1',
      ['paid BOOLEAN', 'country VARCHAR'],
    ],
    ['aliases', 'SELECT upper(country) AS c, count(*) FROM orders GROUP BY c', ['c VARCHAR']],
    [
      'expressions that are not shown',
      'SELECT count(*) FROM orders GROUP BY upper(country)',
      ['null VARCHAR'],
    ],
    [
      'expressions within expressions',
      "SELECT upper(country) || '!' AS c, count(*) FROM orders GROUP BY upper(country)",
      ['null VARCHAR'],
    ],
    [
      'another spelling of a column',
      'SELECT o.Country, count(*) FROM orders o GROUP BY country',
      ['country VARCHAR'],
    ],
    ['fields of structs', 'SELECT customer.country, count(*) FROM orders GROUP BY ALL', ['country VARCHAR']],
    [
      'fields with the prefix data',
      'SELECT data.customer.country, count(*) FROM orders GROUP BY data.customer.country',
      ['country VARCHAR'],
    ],
    ['JSON, as text', 'SELECT payload, count(*) FROM orders GROUP BY ALL', ['payload VARCHAR']],
    ['nothing', 'SELECT count(*), sum(quantity) FROM orders', []],
    ['quoted names', 'SELECT "weird ""name""" AS w, count(*) FROM orders GROUP BY ALL', ['w BIGINT']],
    ['keys without measures', 'SELECT country FROM orders GROUP BY country', ['country VARCHAR']],
  ])('grouped by %s', async (_, sql, key) => {
    expect(summary(await plan(sql)).key).toEqual(key);
  });

  test.each<[string, string, readonly [string, number, number]]>([
    ['time_bucket', "time_bucket(INTERVAL '15 minutes', event_time) AS w FROM orders", ['w', HOUR / 4, 0]],
    ['time_bucket of months', "time_bucket(INTERVAL '3 months', event_time) AS w FROM orders", ['w', 0, 3]],
    [
      'time_bucket with an origin',
      "time_bucket(INTERVAL '7 days', event_time, TIMESTAMP '2024-01-01') AS w FROM orders",
      ['w', 7 * 24 * HOUR, 0],
    ],
    ['date_trunc', "date_trunc('month', event_time) AS w FROM orders", ['w', 0, 1]],
    ['date_trunc of weeks', "date_trunc('week', event_time) AS w FROM orders", ['w', 7 * 24 * HOUR, 0]],
    ['a cast to DATE', 'event_time::DATE AS w FROM orders', ['w', 24 * HOUR, 0]],
    [
      'an alias in a subquery',
      "date_trunc('hour', t) AS w FROM (SELECT event_time AS t FROM orders)",
      ['w', HOUR, 0],
    ],
    [
      'a window made in a CTE',
      "w FROM (SELECT *, date_trunc('day', event_time) AS w FROM orders)",
      ['w', 24 * HOUR, 0],
    ],
    [
      'hop',
      "window_start AS w FROM orders, hop(event_time, INTERVAL '1 hour', INTERVAL '15 minutes')",
      ['w', HOUR, 0],
    ],
    [
      'hop with an alias',
      "h.s AS w FROM orders, hop(event_time, INTERVAL '1 hour', INTERVAL '5 minutes') AS h(s)",
      ['w', HOUR, 0],
    ],
    [
      'hop_starts',
      "w FROM (SELECT unnest(hop_starts(event_time, INTERVAL '2 hours', INTERVAL '1 hour')) AS w FROM orders)",
      ['w', 2 * HOUR, 0],
    ],
  ])('the window is recognized: %s', async (_, sql, window) => {
    expect(summary(await plan(`SELECT count(*) AS n, ${sql} GROUP BY ALL`)).window).toEqual(window);
  });

  test('the finer of two windows is the window, the other a dimension', async () => {
    const planned = await plan(
      "SELECT date_trunc('day', event_time) AS d, date_trunc('hour', event_time) AS h, count(*) FROM orders GROUP BY ALL",
    );
    expect(summary(planned)).toMatchObject({ key: ['h TIMESTAMP', 'd TIMESTAMP'], window: ['h', HOUR, 0] });
  });

  describe('the field that is the time of the source', () => {
    const fields = (at: object) =>
      sourceOf(
        { sold: { type: 'string', ...at }, shop: { type: 'string' } },
        { name: 'sales', time: 'sold' },
      );
    const windowBy = async (at: object, sql: string) =>
      summary(await planner.plan(fields(at), productOf(`SELECT count(*) AS n, ${sql} GROUP BY ALL`))).window;

    test.each<[string, object, string, readonly [string, number, number] | null]>([
      ['a moment', { format: 'date-time' }, "time_bucket('1 hour', sold) AS w FROM sales", ['w', HOUR, 0]],
      [
        'by its path in the event',
        { format: 'date-time' },
        "date_trunc('month', data.sold) AS w FROM sales",
        ['w', 0, 1],
      ],
      [
        'in other letters',
        { format: 'date-time' },
        'CAST("SOLD" AS DATE) AS w FROM sales',
        ['w', 24 * HOUR, 0],
      ],
      [
        'renamed',
        { format: 'date-time' },
        "date_trunc('day', t) AS w FROM (SELECT sold AS t FROM sales)",
        ['w', 24 * HOUR, 0],
      ],
      ['a day', { format: 'date' }, "date_trunc('month', sold) AS w FROM sales", ['w', 0, 1]],
      ['a day by itself', { format: 'date' }, 'sold AS w FROM sales', ['w', 24 * HOUR, 0]],
      ['a moment by itself', { format: 'date-time' }, 'sold AS w FROM sales', null],
      ['a text', {}, 'sold AS w FROM sales', null],
    ])('is the window: %s', async (_, at, sql, window) => expect(await windowBy(at, sql)).toEqual(window));

    test('is no other product than before where its key stands where it stood', async () => {
      const hashes = async (sql: string) => {
        const of = async (time: string | null) =>
          (await planner.plan({ ...fields({ format: 'date-time' }), time }, productOf(sql))).hash;
        return [await of('sold'), await of(null)];
      };
      const [same, before] = await hashes(
        "SELECT date_trunc('day', sold) AS d, shop, count(*) FROM sales GROUP BY ALL",
      );
      expect(same).toBe(before);
      const [moved, stood] = await hashes(
        "SELECT shop, date_trunc('day', sold) AS d, count(*) FROM sales GROUP BY ALL",
      );
      expect(moved).not.toBe(stood);
    });
  });

  test('a bucket of another time is a dimension', async () => {
    const planned = await plan("SELECT date_trunc('day', shipped) AS d, count(*) FROM orders GROUP BY ALL");
    expect(summary(planned)).toMatchObject({ key: ['d TIMESTAMP'], window: null });
  });

  test.each<[string, string]>([
    [
      'a CTE',
      'WITH big AS (SELECT * FROM orders WHERE amount > 10), big2 AS (SELECT country, amount FROM big) SELECT country, sum(amount) FROM big2 GROUP BY 1',
    ],
    [
      'a CTE with the name of the source',
      'WITH orders AS (SELECT * FROM orders WHERE paid) SELECT count(*) FROM orders',
    ],
    [
      'nested subqueries',
      'SELECT c, count(*) FROM (SELECT upper(c) AS c FROM (SELECT country AS c FROM orders)) AS x GROUP BY c',
    ],
    ['unnest in FROM', 'SELECT l.sku, sum(l.qty) FROM orders, unnest(lines) AS u(l) GROUP BY ALL'],
    [
      'unnest in a subquery',
      'SELECT tag, count(*) FROM (SELECT unnest(tags) AS tag FROM orders) GROUP BY tag',
    ],
    [
      'a lateral subquery',
      'SELECT h.tag, count(*) FROM orders o, LATERAL (SELECT unnest(o.tags) AS tag) AS h GROUP BY 1',
    ],
    [
      'a lookup of constants',
      "SELECT r.name, count(*) FROM orders LEFT JOIN (VALUES ('DE', 'Germany')) AS r(code, name) ON country = r.code GROUP BY 1",
    ],
    [
      'star with REPLACE and EXCLUDE',
      'SELECT count(*), max(quantity) FROM (SELECT * EXCLUDE (tags) REPLACE (quantity * 2 AS quantity) FROM orders)',
    ],
    [
      'list functions with lambdas',
      'SELECT list_sum(list_transform(lines, l -> l.qty)) AS q, count(*) FROM orders GROUP BY q',
    ],
    ['a JSON path', "SELECT payload ->> '$.kind' AS kind, count(*) FROM orders GROUP BY kind"],
    ['FROM first', 'FROM orders SELECT count(*)'],
    [
      'everything that aggregates',
      'SELECT count(quantity), count_if(paid), sum(weight), avg(weight), min(country), max(shipped), bool_and(paid), bool_or(paid), arg_min(country, amount), max_by(country, amount), first(country ORDER BY event_time), last(country ORDER BY event_time), var_pop(weight), variance(quantity), stddev(amount), stddev_pop(weight), count(DISTINCT country), approx_count_distinct(country), approx_quantile(weight, 0.5), approx_quantile(quantity, [0.5, 0.9]), histogram(country), mode(country), approx_top_k(country, 3) FROM orders',
    ],
  ])('the SQL may have %s', async (_, sql) => {
    await expect(plan(sql)).resolves.toMatchObject({ v: 1, source: 'orders' });
  });

  test('many sets and counts have a cell’s bytes in equal shares', async () => {
    const distinct = (count: number) =>
      Array.from({ length: count }, (_, index) => `count(DISTINCT amount + ${index})`).join(', ');
    const bytes = async (sql: string) =>
      (await plan(sql)).states.map((spec) => ('bytes' in spec ? spec.bytes : null));
    expect(await bytes(`SELECT ${distinct(7)}, count(*) FROM orders`)).toEqual(Array(8).fill(null));
    expect(await bytes(`SELECT ${distinct(9)}, mode(country), count(*) FROM orders`)).toEqual([
      ...Array<number>(10).fill(300_000),
      null,
    ]);
  });

  test('an average and a deviation of the same doubles share their sum', async () => {
    const planned = await plan('SELECT avg(weight), stddev(weight) FROM orders');
    expect(planned.states.map(({ kind }) => kind)).toEqual(['sum_double', 'count', 'sum_double']);
    expect(planned.measures.map(({ states }) => states)).toEqual([
      [0, 1],
      [0, 2, 1],
    ]);
  });
});

describe('the hash of a plan', () => {
  const hash = async (sql: string, overrides = {}) =>
    (await planner.plan(orders, productOf(sql, overrides))).hash;
  const SQL = 'SELECT country, count(*) AS n FROM orders GROUP BY country';

  test('does not change with white space, comments and the case of key words', async () => {
    expect(
      await hash('select country,\n  count(*) as n -- how many\nfrom orders\n/* all */ group by country;'),
    ).toBe(await hash(SQL));
  });

  test('changes with the definition', async () => {
    const hashes = await Promise.all([
      hash(SQL),
      hash(SQL.replace('AS n', 'AS m')),
      hash(SQL, { version: 2 }),
      hash(SQL, { name: 'other' }),
      hash(SQL, { retentionMicros: 1 }),
      hash(`${SQL} HAVING n > 1`),
      hash(SQL.replace('count(*)', 'sum(1e0)')),
      hash(SQL.replace('count(*)', 'sum(1.0)')),
    ]);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('does not change with columns of the source that the product does not read', async () => {
    const wider = sourceOf(
      { ...(orders.schema as { properties: object }).properties, more: { type: 'string' } },
      { name: 'orders' },
    );
    expect((await planner.plan(wider, productOf(SQL))).hash).toBe(await hash(SQL));
    // A field within `customer` is no column of its name; `o.level` and `data.level` are.
    const within = 'SELECT customer.level AS level, count(*) AS n FROM orders GROUP BY ALL';
    const same = sourceOf(
      { customer: { type: 'object', properties: { level: { type: 'integer' } } }, level: { type: 'string' } },
      { name: 'orders' },
    );
    const before = sourceOf(
      { customer: { type: 'object', properties: { level: { type: 'integer' } } } },
      { name: 'orders' },
    );
    const [wide, narrow] = await Promise.all(
      [same, before].map((source) => planner.plan(source, productOf(within))),
    );
    expect(wide!.hash).toBe(narrow!.hash);
    for (const sql of ['o.level', 'data.level', 'orders.level']) {
      const from = sql.startsWith('o.') ? 'orders AS o' : 'orders';
      const plan = await planner.plan(same, productOf(`SELECT max(${sql}) AS m FROM ${from}`));
      expect(plan.engine.columns.map(({ name }) => name)).toContain('level');
    }
    const other = sourceOf({ country: { type: 'integer' } }, { name: 'orders' });
    expect((await planner.plan(other, productOf(SQL))).hash).not.toBe(await hash(SQL));
  });
});

/** SQL, and the problems as `line:column code`. */
const REFUSED: readonly [string, readonly string[]][] = [
  ['SELECT country, count(*) FRM orders', ['1:30 parse-error']],
  ['SELECT "é", sum(nope) FROM orders', ['1:8 unknown-column', '1:17 unknown-column']],
  ['SELECT countri, count(*)\nFROM orders\nGROUP BY countri', ['1:8 unknown-column', '3:10 unknown-column']],
  ['SELECT count(*) FROM order', ['1:22 parse-error']],
  ['SELECT count(*) FROM ordres', ['1:22 unknown-table']],
  ["SELECT count(*) FROM read_csv('/etc/passwd')", ['1:22 unknown-table']],
  ["SELECT count(*) FROM '/etc/passwd'", ['1:22 unknown-table']],
  ['SELECT count(*) FROM information_schema.tables', ['1:22 unknown-table']],
  ['SELECT count(*) FROM duckdb_settings()', ['1:22 unknown-table']],
  ["ATTACH 'x.db'", ['1:1 not-a-select']],
  ["COPY orders TO 'x.csv'", ['1:1 not-a-select']],
  ['DROP TABLE orders', ['1:1 not-a-select']],
  ['PIVOT orders ON country USING count(*)', ['1:1 not-a-select']],
  ['SELECT count(*) FROM orders; SELECT count(*) FROM orders', ['1:37 several-statements']],
  ['', ['1:1 no-sql']],
  ['SELECT country FROM orders', ['1:8 no-aggregate']],
  ['SELECT 1 FROM orders', ['1:8 no-aggregate']],
  ['SELECT country, paid, count(*) FROM orders GROUP BY country', ['1:17 not-grouped']],
  ['SELECT country, count(*) FROM orders GROUP BY 7', ['1:47 group-position']],
  ['SELECT count(*) AS n FROM orders GROUP BY n', ['1:43 group-aggregate']],
  ['SELECT median(amount) FROM orders', ['1:8 not-mergeable']],
  [
    'SELECT quantile_cont(amount, 0.5), list(country), string_agg(country), array_agg(country) FROM orders',
    ['1:8 not-mergeable', '1:36 not-mergeable', '1:51 not-mergeable', '1:72 not-mergeable'],
  ],
  ['SELECT first(country), any_value(country) FROM orders', ['1:8 not-mergeable', '1:24 not-mergeable']],
  ['SELECT last(country ORDER BY amount DESC, quantity) FROM orders', ['1:8 not-mergeable']],
  ['SELECT sum(DISTINCT amount), min(amount, 3) FROM orders', ['1:8 not-mergeable', '1:30 not-mergeable']],
  ['SELECT approx_quantile(amount, weight) FROM orders', ['1:8 not-mergeable']],
  ['SELECT geomean(amount) FROM orders', ['1:8 aggregate-macro']],
  ['SELECT sum(shipped) FROM orders', ['1:8 sql-error']],
  ['SELECT avg(shipped), max(lines) FROM orders', ['1:8 not-mergeable', '1:22 not-mergeable']],
  [
    'SELECT sum(country), avg(tags), upper(quantity, 1) FROM orders GROUP BY 3',
    ['1:8 sql-error', '1:22 sql-error', '1:33 sql-error'],
  ],
  ['SELECT country, row_number() OVER () FROM orders GROUP BY 1', ['1:17 window-function']],
  ['SELECT count(*) FROM orders QUALIFY row_number() OVER () = 1', ['1:37 window-function']],
  ['SELECT DISTINCT country, count(*) FROM orders GROUP BY 1', ['1:17 select-distinct']],
  ['SELECT country, count(*) FROM orders GROUP BY ROLLUP (country)', ['1:55 grouping-sets']],
  ['SELECT country, count(*) FROM orders GROUP BY 1 ORDER BY 2 LIMIT 3', ['1:58 order-by', '1:66 limit']],
  ['SELECT count(*) FROM orders a JOIN orders b ON a.country = b.country', ['1:36 join']],
  ['SELECT count(*) FROM (VALUES (1)) v(x) LEFT JOIN orders ON quantity = x', ['1:50 join']],
  ['SELECT count(*) FROM orders UNION ALL SELECT count(*) FROM orders', ['1:8 set-operation']],
  [
    'WITH a AS (SELECT country, count(*) AS n FROM orders GROUP BY 1) SELECT max(n) FROM a',
    ['1:63 aggregate-below'],
  ],
  ['WITH a AS (SELECT max(amount) AS n FROM orders) SELECT max(n) FROM a', ['1:19 aggregate-below']],
  ['SELECT count(*) FROM (SELECT * FROM orders LIMIT 5)', ['1:50 limit']],
  [
    'WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a) SELECT count(*) FROM orders',
    ['1:29 set-operation'],
  ],
  ['SELECT count(*) FROM orders WHERE quantity > (SELECT 1)', ['1:46 subquery-expression']],
  [
    'SELECT now(), random(), count(*) FILTER (WHERE uuid() IS NULL), current_date FROM orders',
    ['1:8 volatile', '1:15 volatile', '1:48 volatile', '1:65 volatile'],
  ],
  ["SELECT max(age(event_time)), max(getvariable('x')) FROM orders", ['1:12 volatile', '1:34 volatile']],
  ['SELECT count(*) FROM orders USING SAMPLE 10%', ['1:8 sample']],
  ['SELECT country AS a, paid AS A, count(*) FROM orders GROUP BY ALL', ['1:22 duplicate-column']],
  ['SELECT count(*) AS _cell FROM orders', ['1:8 reserved-name']],
  ['SELECT count(*) AS __tenon_n FROM orders', ['1:20 reserved-name']],
  ['SELECT customer, count(*) FROM orders GROUP BY ALL', ['1:8 key-type']],
  ["SELECT count(*) FROM orders GROUP BY date_trunc('day', event_time)", ['1:38 window-not-shown']],
  [
    "SELECT hop_starts(event_time, INTERVAL '1 hour', INTERVAL '5 minutes') AS w, count(*) FROM orders GROUP BY 1",
    ['1:8 key-type'],
  ],
  ['SELECT unnest(tags), count(*) FROM orders GROUP BY ALL', ['1:8 unnest-here']],
  ['SELECT *, count(*) FROM orders GROUP BY ALL', ['1:8 star']],
  ['SELECT max(COLUMNS(*)) FROM orders', ['1:12 star']],
  ['SELECT nosuch(country), sum(amuont) FROM orders', ['1:8 unknown-function', '1:29 unknown-column']],
  ['SELECT count(*) FROM orders WHERE quantity > $1', ['1:1 parameter']],
  ['SELECT count(*) FROM orders WHERE rowid > 1', ['1:35 unknown-column']],
  ['SELECT customer.contry, count(*) FROM orders GROUP BY ALL', ['1:8 sql-error']],
];

describe('what cannot be planned is refused with its place', () => {
  test.each(REFUSED)('%s', async (sql, expected) => {
    const problems = await problemsOf(sql);
    expect(problems.map(({ place, code }) => `${place?.line}:${place?.column} ${code}`)).toEqual(expected);
  });

  test('all at once, each with a reason and a way out', async () => {
    const problems = await problemsOf(
      'SELECT countri, median(amount) AS m, now() FROM orders GROUP BY countri ORDER BY 1',
    );
    expect(problems).toEqual([
      {
        code: 'unknown-column',
        message: 'There is no column countri here.',
        hint: 'Did you mean country?',
        place: { file: '', line: 1, column: 8 },
      },
      {
        code: 'not-mergeable',
        message: 'median cannot be merged: it needs all values of a cell at once.',
        hint: 'Use approx_quantile(x, 0.5).',
        place: { file: '', line: 1, column: 17 },
      },
      {
        code: 'volatile',
        message: expect.stringContaining('now gives another value each time') as string,
        hint: expect.any(String) as string,
        place: { file: '', line: 1, column: 38 },
      },
      {
        code: 'unknown-column',
        message: 'There is no column countri here.',
        hint: 'Did you mean country?',
        place: { file: '', line: 1, column: 65 },
      },
      {
        code: 'order-by',
        message: expect.any(String) as string,
        hint: expect.any(String) as string,
        place: { file: '', line: 1, column: 82 },
      },
    ]);
  });

  test('columns count characters, not bytes', async () => {
    const [problem] = await problemsOf("SELECT '日本😀' AS x, nope FROM orders GROUP BY ALL");
    expect(problem?.place).toEqual({ file: '', line: 1, column: 20 });
  });

  test("a name that could be a field or the event's own column", async () => {
    const source = sourceOf(
      { event_id: { type: 'string' }, event_time: { type: 'string', format: 'date-time' } },
      { time: 'event_time' },
    );
    const refused = planner.plan(source, productOf('SELECT count(DISTINCT event_id) FROM events'));
    await expect(refused).rejects.toMatchObject({
      problems: [{ code: 'ambiguous-column', place: { line: 1, column: 23 } }],
    });
    const sql = "SELECT time_bucket(INTERVAL '1 hour', event_time) AS w, count(*) FROM events GROUP BY w";
    await expect(planner.plan(source, productOf(sql))).resolves.toMatchObject({ window: { column: 'w' } });
  });

  test('a refused product leaves the planner as it was', async () => {
    await problemsOf('SELECT nope FROM orders');
    await expect(plan('SELECT count(*) FROM orders')).resolves.toBeDefined();
  });
});
