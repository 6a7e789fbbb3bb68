/**
 * Versions that are built after the log's older part went (TENON_LOG_RETENTION): from the archive, with batch and without, and equal to
 * plain code over what was sent. The embedded log lets whole segments go.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@tenon/testing';
import type { Row } from './tenon';
import { Tenon } from './tenon';

const tenon = new Tenon({ TENON_LOG_RETENTION: '1s' }, 10_000);
const TOPOLOGIES = { tally_kap: 'kappa', tally_lam: 'lambda' } as const;
const NAMES = Object.keys(TOPOLOGIES) as (keyof typeof TOPOLOGIES)[];
const sent: { readonly shop: string; readonly amount: number }[] = [];
let seed = 14;
const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;

/** A row of plain code. */
type Tally = { n: number; total: number | null };
type Rule = (amount: number) => boolean;
const ALL: Rule = () => true;
const LARGE: Rule = (amount) => amount >= 50;

function tallies(rule: Rule): Map<string, Tally> {
  const rows = new Map<string, Tally>();
  for (const { shop, amount } of sent) {
    const { n, total } = rows.get(shop) ?? { n: 0, total: null };
    rows.set(shop, { n: n + 1, total: rule(amount) ? (total ?? 0) + amount : total });
  }
  return rows;
}

async function send(count: number): Promise<void> {
  const events = Array.from({ length: count }, () => ({ shop: `s${random(40)}`, amount: random(100) }));
  const lines = events.map((event) => JSON.stringify(event));
  expect((await tenon.send('sales', lines)).body['accepted']).toBe(count);
  sent.push(...events);
}

function declare(name: keyof typeof TOPOLOGIES, version: number, total: string): void {
  tenon.file(
    `products/${name}.sql`,
    `SELECT shop, count(*) AS n, ${total} AS total FROM sales GROUP BY shop`,
  );
  tenon.file(`products/${name}.yaml`, `version: ${version}\ntopology: ${TOPOLOGIES[name]}\n`);
}

const isReady = (name: string, version: number) =>
  eventually(`${name} v${version} is ready`, async () => {
    const { body } = await tenon.call(`/v1/products/${name}`);
    return (body['versions'] as Row[]).some((one) => one['version'] === version && one['state'] === 'ready');
  });

const rowsOf = async (name: string, query: Readonly<Record<string, string>>) => {
  const { rows } = await tenon.rows(name, query);
  return new Map(rows.map(({ shop, n, total }) => [shop, { n, total }]));
};

const post = (path: string) => tenon.call(path, { method: 'POST' });

beforeAll(async () => {
  tenon.file(
    'sources/sales.yaml',
    'key: shop\npartitions: 1\nschema: {type: object, properties: {shop: {type: string}, amount: {type: integer}}}\n',
  );
  for (const name of NAMES) declare(name, 1, 'sum(amount)');
  await tenon.start();
  for (let call = 0; call < 6; call++) await send(100);
  await tenon.cut();
  await send(50);
  await tenon.cut();
  const segments = join(tenon.directory, 'data/log/tenon.events.sales/0');
  const first = () =>
    readdirSync(segments)
      .filter((file) => /^\d+\.log$/.test(file))
      .sort()[0];
  await eventually('the first segment goes', () => Promise.resolve(Number.parseInt(first() ?? '0', 10) > 0));
});
afterAll(() => tenon.stop());

test.each(NAMES)('%s is built anew from the archive, and is what it was', async (name) => {
  const { body } = await post(`/v1/products/${name}/reprocess`);
  expect(body['version']).toBe(2);
  await isReady(name, 2);
  const shops = tallies(ALL);
  expect(await rowsOf(name, { version: '2' })).toEqual(shops);
  const diff = await tenon.call(`/v1/products/${name}/diff?a=1&b=2`);
  expect(diff.body).toMatchObject({
    ...{ offsets: 'equal', rows: [] },
    counts: { same: shops.size, changed: 0, onlyA: 0, onlyB: 0 },
  });
});

test('another SELECT is built from the archive, differs as plain code says, and is gone back from', async () => {
  for (const name of NAMES) declare(name, 3, 'sum(amount) FILTER (amount >= 50)');
  expect((await post('/v1/apply')).status).toBeLessThan(300);
  for (const name of NAMES) await isReady(name, 3);
  await send(30);
  await tenon.cut();
  const [before, after] = [tallies(ALL), tallies(LARGE)];
  const changed = [...before].filter(([shop, { total }]) => after.get(shop)?.total !== total);
  for (const name of NAMES) {
    const { body } = await tenon.call(`/v1/products/${name}/diff?a=1&b=3&by=total&limit=1000`);
    expect(body).toMatchObject({
      offsets: 'equal',
      counts: { changed: changed.length, same: before.size - changed.length, onlyA: 0, onlyB: 0 },
    });
    const said = (body['rows'] as { a: Row; b: Row }[]).map(({ a, b }) => [
      a['shop'],
      ...[a, b].map((row) => row['total']),
    ]);
    const plain = changed.map(([shop, { total }]) => [shop, total, after.get(shop)?.total ?? null]);
    expect(said.sort()).toEqual(plain.sort());
    expect((await post(`/v1/products/${name}/promote`)).status).toBe(200);
    expect(await rowsOf(name, {})).toEqual(after);
    expect((await post(`/v1/products/${name}/rollback`)).status).toBe(200);
    expect(await rowsOf(name, {})).toEqual(before);
  }
});
