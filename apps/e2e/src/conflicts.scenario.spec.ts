/** An id that somebody uses first does not suppress another's event unseen: who looks at the product sees how many there were. */
import { eventually } from '@tenon/testing';
import type { Row } from './tenon';
import { Tenon } from './tenon';
const tenon = new Tenon();
const PRODUCTS = ['lambda', 'kappa', 'lambda-separate'];
const nameOf = (topology: string) => `total_${topology.replace('-', '_')}`;

beforeAll(async () => {
  const properties = '{order: {type: string}, amount: {type: integer}}';
  tenon.file(
    'sources/orders.yaml',
    `id: order\nschema: {type: object, required: [order], properties: ${properties}}\n`,
  );
  for (const topology of PRODUCTS) {
    tenon.file(`products/${nameOf(topology)}.sql`, 'SELECT count(*) AS n, sum(amount) AS total FROM orders');
    tenon.file(`products/${nameOf(topology)}.yaml`, `topology: ${topology}\n`);
  }
  await tenon.start();
});
afterAll(() => tenon.stop());

const send = async (order: string, amount: number) =>
  (await tenon.send('orders', [JSON.stringify({ order, amount })])).body['receipt'] as string;

const answerOf = async (topology: string, query: Readonly<Record<string, string>> = {}) => {
  const { body, rows } = await tenon.rows(nameOf(topology), query);
  return { answer: body['answer'] as Row, row: rows[0] as Row };
};

test('conflicts are a number of their own: in the answer, the ledger, the status, as a metric, before and after a cut', async () => {
  await send('a1', 1);
  await send('a1', 1); // the same again: a duplicate
  await send('a1', 1000); // somebody else's
  await send('a2', 5);
  const after = await send('a2', 7);
  const right = { answer: { deadLettered: 2, conflicts: 2 }, row: { n: 2, total: 6 } };
  for (const topology of PRODUCTS)
    expect(await answerOf(topology, { after, timeout: '30000' })).toMatchObject(right);
  await tenon.cut();
  for (const topology of PRODUCTS)
    for (const layer of ['merged', 'batch']) expect(await answerOf(topology, { layer })).toMatchObject(right);

  const { body: ledger } = await tenon.call('/v1/ledger');
  for (const one of ledger['products'] as Row[])
    expect(one).toMatchObject({ aggregated: 2, duplicate: 1, deadLettered: 2, conflicts: 2 });
  const { body: status } = await tenon.call('/v1/status');
  const named = Object.fromEntries((status['products'] as Row[]).map((one) => [one['name'], one]));
  for (const topology of PRODUCTS)
    expect(named[nameOf(topology)]).toMatchObject({ deadLettered: 2, conflicts: 2 });
  const isCounted = async () => {
    const text = await (await fetch(`${tenon.url}/metrics`)).text();
    return text
      .split('\n')
      .some((one) => one.startsWith('tenon_product_conflicts{') && /total_kappa.* 2$/.test(one));
  };
  await eventually('the metric', isCounted, { timeoutMs: 120_000, everyMs: 100 });
});

test('an answer without conflicts does not speak of them, and a total is never final in the status', async () => {
  tenon.file('products/fresh.sql', 'SELECT count(*) AS n FROM others');
  tenon.file('sources/others.yaml', 'schema: {type: object}\n');
  await tenon.reload();
  await tenon.serves([['fresh', 1]]);
  const { body } = await tenon.call('/v1/products/fresh');
  expect(body).toMatchObject({ deadLettered: 0, status: 'provisional' });
  expect(body).not.toHaveProperty('conflicts');
});
