/** Totals before any event, and windows by a source's own field of time: alike in both topologies and all layers. */
import type { Row } from './tenon';
import { Tenon } from './tenon';
const tenon = new Tenon();
const NAMES = ['lam', 'kap'];

beforeAll(async () => {
  const schema =
    'type: object, required: [sold], properties: {sold: {type: string, format: date-time}, amount: {type: integer}}';
  tenon.file('sources/sales.yaml', `time: sold\nschema: {${schema}}\n`);
  const total = 'SELECT count(*) AS n, sum(amount) AS total, n * 2 AS twice FROM sales';
  for (const [name, topology] of [
    ['lam', 'lambda'],
    ['kap', 'kappa'],
  ] as const) {
    for (const [product, sql] of Object.entries({
      total,
      some: `${total} HAVING count(*) > 0`,
      days: "SELECT date_trunc('day', sold) AS day, count(*) AS n FROM sales GROUP BY ALL",
    })) {
      tenon.file(`products/${product}_${name}.sql`, sql);
      tenon.file(`products/${product}_${name}.yaml`, `topology: ${topology}\n`);
    }
  }
  await tenon.start();
});
afterAll(() => tenon.stop());

const without = (names: readonly string[], row: Row) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));

const rowsOf = async (product: string, query: Readonly<Record<string, string>> = {}) =>
  (await tenon.rows(product, query)).rows.map((row) => without(['_cell'], row));

test('a total of nothing is one row, as in SQL, unless HAVING leaves it out', async () => {
  const nothing = [{ n: 0, total: null, twice: 0, _status: 'provisional' }];
  for (const name of NAMES)
    for (const query of [{}, { layer: 'batch' }, { layer: 'speed' }, { order: 'desc' }, { limit: '1' }]) {
      expect(await rowsOf(`total_${name}`, query)).toEqual(nothing);
      expect(await rowsOf(`some_${name}`, query)).toEqual([]);
      expect(await rowsOf(`days_${name}`, query)).toEqual([]);
    }
});

test('then it is the row of the events, and windows by their own time end', async () => {
  const events = ['2026-03-01T10:00:00Z', '2026-03-01T11:00:00Z', '2026-03-02T00:00:00Z'];
  const { body } = await tenon.send(
    'sales',
    events.map((sold) => JSON.stringify({ sold, amount: 5 })),
  );
  const after = { after: String(body['receipt']), timeout: '30000' };
  const total = [{ n: 3, total: 15, twice: 6, _status: 'provisional' }];
  for (const name of NAMES) {
    expect(await rowsOf(`total_${name}`, after)).toEqual(total);
    expect(await rowsOf(`some_${name}`, after)).toEqual(total);
  }
  await tenon.cut();
  for (const name of NAMES) {
    expect(await rowsOf(`total_${name}`, after)).toEqual(total);
    expect(await rowsOf(`days_${name}`, { ...after, from: '2026-03-01T00:00:00Z' })).toEqual([
      { day: '2026-03-01T00:00:00Z', n: 2, _status: 'final' },
      { day: '2026-03-02T00:00:00Z', n: 1, _status: 'provisional' },
    ]);
  }
});
