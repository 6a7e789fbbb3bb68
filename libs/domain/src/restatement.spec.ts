import { restatedSql } from './restatement';

const of = (sql: string, ...rules: Parameters<typeof restatedSql>[2]['rules']) =>
  restatedSql('orders', ['shop', 'a "b"'], { of: 1, sql, rules });

const OUT = { where: 'x > 1' };
const RELATION =
  '"orders" AS (\n  SELECT "shop", "a ""b"""\n  FROM "orders"\n  WHERE NOT coalesce(((coalesce((x > 1\n), false))), false)\n)';

test('the definition reads a relation of the source’s name, in which the rules are done', () => {
  expect(of('SELECT count(*) FROM orders;', OUT)).toBe(`WITH ${RELATION}\nSELECT count(*) FROM orders;`);
});

test('its own common tables follow, and comments before it stay before it', () => {
  const head = '-- with care\n/* WITH x */ ';
  expect(of(`${head}WITH y AS (SELECT 1) SELECT 2`, OUT)).toBe(
    `${head}WITH ${RELATION}, y AS (SELECT 1) SELECT 2`,
  );
  expect(of('\ufeff  with y AS (SELECT 1) SELECT 2', OUT)).toBe(
    `\ufeff  WITH ${RELATION}, y AS (SELECT 1) SELECT 2`,
  );
  expect(of('SELECT without FROM orders', OUT)).toBe(`WITH ${RELATION}\nSELECT without FROM orders`);
});

test('texts can’t end what they stand in', () => {
  expect(of('SELECT 1', { ids: ["o'1", '--'], correlationIds: ["'"] })).toContain(
    "(coalesce(event_id IN ('o''1', '--'), false) OR coalesce(correlation_id IN (''''), false))",
  );
});

test('times bound what any of the others names, to the microsecond', () => {
  const sql = of('SELECT 1', { where: 'y', from: 978_307_200_000_001, to: 978_393_600_000_000 });
  expect(sql).toContain(
    "((coalesce((y\n), false)) AND event_time >= CAST('2001-01-01T00:00:00.000001' AS TIMESTAMP) AND event_time < CAST('2001-01-02T00:00:00' AS TIMESTAMP))",
  );
});

test('a column that is replaced keeps its name, and the last rule that means the event holds', () => {
  const sql = of(
    'SELECT 1',
    { ids: ['1'], replace: { shop: "'x'" } },
    { ids: ['2'], replace: { shop: "'y'" } },
  );
  expect(sql).not.toContain('WHERE');
  expect(sql).toMatch(
    /SELECT CASE WHEN .*'2'.* THEN \('y'\n\) WHEN .*'1'.* THEN \('x'\n\) ELSE "shop" END AS "shop", "a ""b"""/s,
  );
});
