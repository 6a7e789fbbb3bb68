/** What differs between two generations of a product, compared with plain DuckDB over the raw events of each cut. */
import { DuckDBInstance } from '@duckdb/node-api';
import type { Row } from './tenon';
import { Tenon } from './tenon';
const tenon = new Tenon();
const CUTS = 4;
const batches: Row[][] = [];
/** Self of an answer of each cut, with the rows that it had. */
const then: { self: string; rows: unknown }[][] = [];
const NAMES = ['spend_lam', 'spend_kap'];

const SQL = `SELECT shop, item, count(*) AS n, sum(amount) AS total, avg(amount) AS mean, max(note) AS note
  FROM sales GROUP BY shop, item`;

beforeAll(async () => {
  const schema =
    'type: object, properties: {shop: {type: string}, item: {type: integer}, amount: {type: number, multipleOf: 0.01}, note: {type: [string, "null"]}}';
  tenon.file('sources/sales.yaml', `key: shop\npartitions: 3\nschema: {${schema}}\n`);
  for (const [name, topology] of [
    ['spend_lam', 'lambda'],
    ['spend_kap', 'kappa'],
  ] as const) {
    tenon.file(`products/${name}.sql`, SQL);
    tenon.file(`products/${name}.yaml`, `topology: ${topology}\n`);
  }
  await tenon.start();
  let seed = 5;
  const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  for (let cut = 0; cut < CUTS; cut++) {
    const batch = Array.from({ length: 400 }, () => ({
      ...{ shop: `s${random(6)}`, item: random(12 + 4 * cut), amount: random(10_000) / 100 },
      note: random(3) === 0 ? null : `n${random(50)}`,
    }));
    batches.push(batch);
    const { body } = await tenon.send(
      'sales',
      batch.map((one) => JSON.stringify(one)),
    );
    expect(body['accepted']).toBe(batch.length);
    await tenon.cut();
    then.push(
      await Promise.all(
        NAMES.map(async (name) => {
          const answer = await tenon.rows(name, { layer: 'batch', limit: '10000' });
          return { self: String((answer.body['answer'] as Row)['self']), rows: answer.rows };
        }),
      ),
    );
  }
});
afterAll(() => tenon.stop());

/** As DuckDB says it: every row of either side, with the other's. */
async function oracle(a: number, b: number): Promise<{ counts: Row; top: readonly (readonly unknown[])[] }> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const side = async (table: string, cuts: number) => {
    await connection.run(
      `CREATE TABLE raw_${table} (shop VARCHAR, item BIGINT, amount DECIMAL(18,2), note VARCHAR)`,
    );
    for (const { shop, item, amount, note } of batches.slice(0, cuts).flat())
      await connection.run(
        `INSERT INTO raw_${table} VALUES ('${String(shop)}', ${String(item)}, ${String(amount)}, ${note === null ? 'NULL' : `'${String(note)}'`})`,
      );
    await connection.run(`CREATE TABLE ${table} AS ${SQL.replace('FROM sales', `FROM raw_${table}`)}`);
  };
  await side('a', a);
  await side('b', b);
  const differs = 'a.n <> b.n OR a.total <> b.total OR a.mean <> b.mean OR a.note IS DISTINCT FROM b.note';
  const [counts] = (
    await connection.runAndReadAll(`SELECT
      count(*) FILTER (a.shop IS NOT NULL AND b.shop IS NOT NULL AND NOT (${differs}))::INT AS same,
      count(*) FILTER (a.shop IS NOT NULL AND b.shop IS NOT NULL AND (${differs}))::INT AS changed,
      count(*) FILTER (b.shop IS NULL)::INT AS "onlyA", count(*) FILTER (a.shop IS NULL)::INT AS "onlyB"
      FROM a FULL JOIN b ON a.shop = b.shop AND a.item = b.item`)
  ).getRowObjectsJson();
  const top = (
    await connection.runAndReadAll(`SELECT abs(coalesce(b.total, 0) - coalesce(a.total, 0))::DOUBLE AS size
      FROM a FULL JOIN b ON a.shop = b.shop AND a.item = b.item
      WHERE a.shop IS NULL OR b.shop IS NULL OR ${differs} ORDER BY size DESC LIMIT 15`)
  ).getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return { counts: counts as Row, top };
}

test.each([
  [1, 2],
  [1, 4],
  [3, 1],
])('from generation %i to %i', async (a, b) => {
  const { counts, top } = await oracle(a, b);
  for (const name of NAMES) {
    const { status, body } = await tenon.call(`/v1/products/${name}/diff?a=@${a}&b=@${b}&by=total&limit=15`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      offsets: 'different',
      a: { generation: a, events: 400 * a },
      b: { generation: b },
    });
    expect(body['counts']).toMatchObject(counts);
    const sizes = (body['rows'] as { a: Row | null; b: Row | null }[]).map((row) =>
      Math.abs(Number(row.b?.['total'] ?? 0) - Number(row.a?.['total'] ?? 0)),
    );
    expect(sizes.map((size) => size.toFixed(2))).toEqual(top.map(([size]) => Number(size).toFixed(2)));
  }
});

test('a generation and now are the same while nothing has come', async () => {
  const { body } = await tenon.call(`/v1/products/spend_kap/diff?a=1@${CUTS}&b=1`);
  expect(body).toMatchObject({ offsets: 'equal', counts: { different: 0 }, rows: [], more: false });
});

test('what was answered at each cut is answered again, also after a restart', async () => {
  await tenon.restart();
  for (const answers of then)
    for (const { self, rows } of answers) {
      const { status, body } = await tenon.call(self);
      expect([status, body['rows']]).toEqual([200, rows]);
    }
});

test.each([
  ['a=1&b=1', 400, 'bad-parameter'],
  ['a=1', 400, 'bad-parameter'],
  ['a=1&b=7', 404, 'unknown-version'],
  ['a=@1&b=@9', 404, 'generation-unknown'],
  ['a=@1&b=@2&by=none', 400, 'bad-parameter'],
  ['a=@1&b=@2&limit=-1', 400, 'bad-parameter'],
])('%s is refused with %i %s', async (query, status, code) => {
  const answer = await tenon.call(`/v1/products/spend_lam/diff?${query}`);
  expect([answer.status, answer.body['code']]).toEqual([status, code]);
});
