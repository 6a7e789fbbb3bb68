/** Products that someone might want, on sources of several kinds, with the rows that they must give. */
import type { SourceDefinition, Value } from '@tenon/domain';
import type { Engine, EngineEvent } from '@tenon/ports';
import { createEngine } from './engine';
import { answerOf, foldLive } from './testing/pipeline';
import { type TestEvent, productOf, recordOf, sourceOf } from './testing/records';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ threads: 1 });
});
afterAll(() => engine.close());

/** The rows of a product over events that come in two batches and two partitions. */
async function rowsOf(
  source: SourceDefinition,
  sql: string,
  events: readonly TestEvent[],
): Promise<Value[][]> {
  const plan = await engine.plan(source, productOf(sql));
  const records = events.map((event, index): EngineEvent => ({
    partition: index % 2,
    record: recordOf(index, event),
  }));
  const [folded] = await foldLive(engine, source, [plan], [records.slice(0, 2), records.slice(2)]);
  const rows = await answerOf(engine, plan, folded!);
  return rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe('sensor readings', () => {
  const readings = sourceOf(
    {
      sensor: { type: 'string' },
      celsius: { type: 'number' },
      battery: { type: ['integer', 'null'] },
      ok: { type: 'boolean' },
    },
    { name: 'readings' },
  );
  const at = (time: string, sensor: string, celsius: number | null, battery?: number | null): TestEvent => ({
    time,
    data: { sensor, celsius, ok: celsius !== null, battery },
  });
  const EVENTS = [
    at('2024-05-01T10:00:00Z', 'a', 20.5, 90),
    at('2024-05-01T10:10:00Z', 'a', 21.5, 80),
    at('2024-05-01T10:20:00Z', 'a', null, 70),
    at('2024-05-01T10:59:59.999Z', 'b', -3.25),
    at('2024-05-01T11:00:00Z', 'a', 22, null),
  ];

  test('average, spread and the latest battery level per hour', async () => {
    const sql = `
      SELECT time_bucket(INTERVAL '1 hour', event_time) AS window_start, sensor, count(*) AS readings, avg(celsius) AS mean,
        stddev_samp(celsius) AS deviation, last(battery ORDER BY event_time) AS battery, bool_and(ok) AS all_ok
      FROM readings GROUP BY ALL`;
    expect(await rowsOf(readings, sql, EVENTS)).toEqual([
      ['2024-05-01T10:00:00Z', 'a', 3, 21, Math.SQRT1_2, 70, false],
      ['2024-05-01T10:00:00Z', 'b', 1, -3.25, null, null, true],
      ['2024-05-01T11:00:00Z', 'a', 1, 22, null, null, true],
    ]);
  });

  test('a moving hour every half hour', async () => {
    const sql = `
      SELECT window_start, max(celsius) AS hottest FROM readings, hop(event_time, INTERVAL '1 hour', INTERVAL '30 minutes')
      WHERE sensor = 'a' GROUP BY window_start`;
    expect(await rowsOf(readings, sql, EVENTS)).toEqual([
      ['2024-05-01T09:30:00Z', 21.5],
      ['2024-05-01T10:00:00Z', 21.5],
      ['2024-05-01T10:30:00Z', 22],
      ['2024-05-01T11:00:00Z', 22],
    ]);
  });

  test('bands of temperature by CASE', async () => {
    const sql = `
      SELECT CASE WHEN celsius < 0 THEN 'frost' WHEN celsius < 22 THEN 'mild' ELSE 'warm or unknown' END AS band, count(*) AS n
      FROM readings GROUP BY band HAVING n > 1`;
    expect(await rowsOf(readings, sql, EVENTS)).toEqual([
      ['mild', 2],
      ['warm or unknown', 2],
    ]);
  });
});

describe('orders', () => {
  const orders = sourceOf(
    {
      order_id: { type: 'string' },
      amount: { type: 'number', multipleOf: 0.01 },
      placed: { type: 'string', format: 'date-time' },
      status: { enum: ['new', 'paid', 'cancelled'] },
      customer: { type: 'object', properties: { country: { type: 'string' }, email: { type: 'string' } } },
      lines: {
        type: 'array',
        items: { $ref: '#/$defs/line' },
      },
    },
    { name: 'orders', time: 'placed' },
  );
  const withLines: SourceDefinition = {
    ...orders,
    schema: {
      ...(orders.schema as object),
      $defs: {
        line: {
          type: 'object',
          properties: {
            sku: { type: 'string' },
            qty: { type: 'integer' },
            price: { type: 'number', multipleOf: 0.01 },
          },
        },
      },
    },
  };
  const order = (
    time: string,
    amount: number,
    country: string | null,
    status: string,
    lines: readonly (readonly [string, number, number])[] = [],
  ): TestEvent => ({
    time,
    data: {
      amount,
      placed: time,
      status,
      customer: country === null ? null : { country },
      lines: lines.map(([sku, qty, price]) => ({ sku, qty, price })),
    },
  });
  const EVENTS = [
    order('2024-01-31T23:30:00Z', 0.1, 'DE', 'paid', [['pen', 1, 0.1]]),
    order('2024-02-01T00:00:00Z', 0.2, 'DE', 'paid', [['pen', 2, 0.1]]),
    order('2024-02-29T12:00:00Z', 99.99, 'FR', 'cancelled', [['book', 1, 99.99]]),
    order('2024-02-29T13:00:00Z', 1000.01, null, 'paid', [
      ['book', 10, 99.99],
      ['pen', 1, 0.11],
    ]),
  ];

  test('revenue by month and country, to the cent', async () => {
    const sql = `
      SELECT date_trunc('month', event_time) AS month, data.customer.country AS country, sum(amount) AS revenue, avg(amount) AS mean
      FROM orders WHERE status <> 'cancelled' GROUP BY ALL`;
    expect(await rowsOf(withLines, sql, EVENTS)).toEqual([
      ['2024-01-01T00:00:00Z', 'DE', 0.1, 0.1],
      ['2024-02-01T00:00:00Z', 'DE', 0.2, 0.2],
      ['2024-02-01T00:00:00Z', null, 1000.01, 1000.01],
    ]);
  });

  test('a running total without a window, pivoted by CASE', async () => {
    const sql = `
      SELECT sum(amount) AS total, sum(CASE WHEN status = 'paid' THEN amount END) AS paid,
        count(*) FILTER (status = 'cancelled') AS cancelled, round(100.0 * cancelled / count(*), 1) AS cancelled_share,
        max_by(customer.country, amount) AS best_country
      FROM orders`;
    expect(await rowsOf(withLines, sql, EVENTS)).toEqual([[1100.3, 1000.31, 1, 25, 'FR']]);
  });

  test('items sold, by unnesting the order lines', async () => {
    const sql = `
      WITH items AS (SELECT status, unnest(lines) AS line FROM orders)
      SELECT line.sku AS sku, sum(line.qty) AS sold, sum(line.qty * line.price) AS revenue, count(*) AS lines
      FROM items WHERE status = 'paid' GROUP BY sku`;
    expect(await rowsOf(withLines, sql, EVENTS)).toEqual([
      ['book', 10, 999.9, 1],
      ['pen', 4, 0.41, 3],
    ]);
  });

  test('countries by name, from constants', async () => {
    const sql = `
      SELECT coalesce(name, 'elsewhere') AS country, count(*) AS orders
      FROM orders LEFT JOIN (VALUES ('DE', 'Germany'), ('FR', 'France')) AS names(code, name) ON customer.country = code
      GROUP BY 1`;
    expect(await rowsOf(withLines, sql, EVENTS)).toEqual([
      ['France', 1],
      ['Germany', 2],
      ['elsewhere', 1],
    ]);
  });
});

describe('requests to a web site', () => {
  const requests = sourceOf(
    {
      path: { type: 'string' },
      status: { type: 'integer' },
      ms: { type: 'number' },
      user: { type: 'string' },
      extra: {},
    },
    { name: 'requests' },
  );
  const request = (
    minute: number,
    path: string,
    status: number,
    ms: number,
    user: string,
    extra?: unknown,
  ): TestEvent => ({
    time: `2024-07-01T08:${String(minute).padStart(2, '0')}:00Z`,
    data: { path, status, ms, user, extra },
  });
  const EVENTS = [
    request(1, '/a', 200, 10, 'u1', { region: 'eu' }),
    request(2, '/a', 500, 400, 'u2', { region: 'us' }),
    request(3, '/b', 200, 30, 'u1'),
    request(4, '/a', 200, 20, 'u1', { region: 'eu' }),
    request(5, '/a', 404, 5, 'u3', [1]),
  ];

  test('errors, users, latency and status codes per path', async () => {
    const sql = `
      SELECT path, count(DISTINCT user) AS users, approx_count_distinct(user) AS users_about, count_if(status >= 500) AS errors,
        histogram(status) AS codes, approx_quantile(ms, [0.5, 0.99]) AS latency, arg_max(user, ms) AS slowest, mode(status) AS usual
      FROM requests GROUP BY path`;
    const rows = await rowsOf(requests, sql, EVENTS);
    const latency = rows.map((row) => (row[5] as number[]).map((ms) => Math.round(ms)));
    expect(rows.map((row) => row.toSpliced(5, 1))).toEqual([
      [
        '/a',
        3,
        3,
        1,
        [
          [200, 2],
          [404, 1],
          [500, 1],
        ],
        'u2',
        200,
      ],
      ['/b', 1, 1, 0, [[200, 1]], 'u1', 200],
    ]);
    // At 1 % of the values of the nearest ranks: of 5, 10, 20, 400 the second, and the last.
    expect(latency[1]).toEqual([30, 30]);
    expect(Math.abs(latency[0]![0]! - 10)).toBeLessThanOrEqual(1);
    expect(Math.abs(latency[0]![1]! - 400)).toBeLessThanOrEqual(4);
  });

  test('a field of free JSON as a dimension', async () => {
    const sql = "SELECT extra ->> '$.region' AS region, count(*) AS n FROM requests GROUP BY region";
    expect(await rowsOf(requests, sql, EVENTS)).toEqual([
      ['eu', 2],
      ['us', 1],
      [null, 2],
    ]);
  });
});
