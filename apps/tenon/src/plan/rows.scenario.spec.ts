/**
 * The rows that a changed product would have, as `tenon plan --rows` computes them beside a Tenon that runs: held against rows that
 * plain code computes from what was sent, of all and of a sample.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { SERVICES, startHost } from '@tenon/composition';
import { createLogger, readSettings } from '@tenon/runtime';
import { runLine } from '../run.fixture';
import type { Planned } from './plan';
let directory: string;
let host: Host;

type Sale = { readonly shop: string; readonly amount: number };

/** Some of them with the same shop in each load, so that the rows of a sample are parts of those of all. */
const load = (number: number): Sale[] =>
  Array.from({ length: 40 }, (_, i) => ({
    shop: `s${(i * 7 + number) % 9}`,
    amount: (i * 13 + number) % 31,
  }));
const LOADS = [load(0), load(1), load(2)];

const SALES = 'SELECT shop, sum(amount) AS total, count(*) AS n FROM orders GROUP BY shop';
const BASE = {
  'sources/orders.yaml':
    'key: shop\nschema: {type: object, required: [shop], properties: {shop: {type: string}, amount: {type: integer}}}\n',
  'products/sales.sql': SALES,
  'products/few.sql': 'SELECT count(*) AS n FROM orders WHERE amount > 100',
  'products/live.sql': 'SELECT shop, max(amount) AS most FROM orders GROUP BY shop',
  'products/live.yaml': 'topology: kappa\n',
  'sources/visits.yaml':
    'time: at\nschema: {type: object, required: [at], properties: {at: {type: string, format: date-time}}}\n',
  'products/recent.sql':
    "SELECT time_bucket(INTERVAL '1 hour', event_time) AS window_start, count(*) AS n FROM visits GROUP BY window_start",
  'products/recent.yaml': 'retention: 9 days\n',
};

function write(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(directory, name);
  rmSync(path, { recursive: true, force: true });
  for (const folder of ['sources', 'products']) mkdirSync(join(path, folder), { recursive: true });
  for (const [file, text] of Object.entries({ ...BASE, ...files })) writeFileSync(join(path, file), text);
  return path;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-plan-rows-'));
  host = await startHost({
    ...{ services: SERVICES, supervised: true, data: join(directory, 'data') },
    settings: readSettings({
      ...{ TENON_CATALOG: write('catalog', {}), TENON_PORT: '0', TENON_CUT_EVERY: 'off' },
    }),
    logger: createLogger({ level: 'silent', name: 'test' }),
  });
  const visits = [1, 2, 5, 8, 11].map((days) => ({
    at: new Date(Date.now() - days * 86_400_000).toISOString(),
  }));
  const seen = await fetch(`${host.url}/v1/sources/visits/events`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(visits) },
  });
  expect(await seen.json()).toMatchObject({ accepted: 5 });
  for (const sales of LOADS) {
    const sent = await fetch(`${host.url}/v1/sources/orders/events`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/x-ndjson' } },
      body: sales.map((one) => JSON.stringify(one)).join('\n'),
    });
    expect(sent.status).toBe(202);
    expect((await fetch(`${host.url}/v1/cuts?wait=true`, { method: 'POST' })).status).toBe(202);
  }
  // Beyond the cut, so beyond what is compared.
  await fetch(`${host.url}/v1/sources/orders/events`, {
    ...{
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"shop":"s1","amount":900}',
    },
  });
});

afterAll(async () => {
  await host.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function rowsOf(files: Readonly<Record<string, string>>, ...options: readonly string[]) {
  const path = write('next', files);
  const { code, out } = await runLine('plan', path, '--json', '--rows', '--url', host.url, ...options);
  const { rows = [] } = JSON.parse(out) as Planned;
  expect(code).toBe(0);
  return rows;
}

const V2 = {
  'products/sales.yaml': 'version: 2\n',
  'products/sales.sql':
    "SELECT shop, sum(amount) * 2 AS total, count(*) AS n FROM orders WHERE amount <> 5 AND shop <> 's3' GROUP BY shop",
};

/** By shop what version 1 says of sales, or version 2. */
function oracle(sales: readonly Sale[], version: 1 | 2): Map<string, { total: number; n: number }> {
  const rows = new Map<string, { total: number; n: number }>();
  for (const { shop, amount } of sales) {
    if (version === 2 && (amount === 5 || shop === 's3')) continue;
    const { total, n } = rows.get(shop) ?? { total: 0, n: 0 };
    rows.set(shop, { total: total + amount * version, n: n + 1 });
  }
  return rows;
}

function expected(sales: readonly Sale[]) {
  const [a, b] = [oracle(sales, 1), oracle(sales, 2)];
  const shops = [...new Set([...a.keys(), ...b.keys()])];
  const isSame = (shop: string) => JSON.stringify(a.get(shop)) === JSON.stringify(b.get(shop));
  const both = shops.filter((shop) => a.has(shop) && b.has(shop));
  return {
    ...{ a, b },
    counts: {
      same: both.filter(isSame).length,
      changed: both.filter((shop) => !isSame(shop)).length,
      onlyA: shops.filter((shop) => !b.has(shop)).length,
      onlyB: shops.filter((shop) => !a.has(shop)).length,
    },
  };
}

test('of all of the archive: what is served at the cut, beside the new SELECT over the same events', async () => {
  const [sales, ...more] = await rowsOf(V2);
  expect(more).toEqual([]);
  const { a, b, counts } = expected(LOADS.flat());
  expect(sales).toMatchObject({ product: 'sales', served: 1, version: 2, reason: null });
  // 120 events, and three barriers in each of the four partitions.
  expect(sales?.sample).toMatchObject({
    kind: 'all',
    records: 132,
    of: 132,
    generation: 3,
    source: 'orders',
  });
  expect(sales?.differences?.counts).toEqual({
    ...counts,
    different: counts.changed + counts.onlyA + counts.onlyB,
  });
  expect(counts.changed).toBeGreaterThan(3);
  for (const row of sales?.differences?.rows ?? []) {
    const shop = String(row.key['shop']);
    expect(row.a).toEqual(a.has(shop) ? { shop, ...a.get(shop) } : null);
    expect(row.b).toEqual(b.has(shop) ? { shop, ...b.get(shop) } : null);
  }
  const shares = (sales?.differences?.rows ?? []).map(({ a: left, b: right }) =>
    Math.max(
      ...['n', 'total'].map((name) => {
        const [x, y] = [Number(left?.[name] ?? 0), Number(right?.[name] ?? 0)];
        return x === y ? 0 : Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y));
      }),
    ),
  );
  expect(shares).toEqual([...shares].sort((x, y) => y - x));
});

test('of a sample: both SELECTs over the newest events, and it says how many these are', async () => {
  const list = (await (await fetch(`${host.url}/v1/archive/orders`)).json()) as {
    partitions: { files: { bytes: number; to: number; from: number }[] }[];
  };
  const newest = list.partitions.map(({ files }) => files.at(-1) as (typeof files)[number]);
  const bytes = newest.reduce((sum, file) => sum + file.bytes, 0);
  const [sales] = await rowsOf(V2, '--sample-bytes', String(bytes));
  const { a, b, counts } = expected(LOADS.at(-1) ?? []);
  const records = newest.reduce((sum, { from, to }) => sum + to - from, 0);
  expect(sales?.sample).toMatchObject({ kind: 'newest', records, of: 132, bytes, generation: 3 });
  expect(records).toBe(44);
  expect(sales?.differences?.counts).toMatchObject(counts);
  for (const row of sales?.differences?.rows ?? []) {
    const shop = String(row.key['shop']);
    expect(row.a).toEqual(a.has(shop) ? { shop, ...a.get(shop) } : null);
    expect(row.b).toEqual(b.has(shop) ? { shop, ...b.get(shop) } : null);
  }
});

test('a total that no event goes into is a row on both sides', async () => {
  const [few] = await rowsOf({
    'products/few.yaml': 'version: 2\n',
    'products/few.sql': 'SELECT count(*) AS n FROM orders WHERE amount > 200',
  });
  expect(few?.differences?.counts).toEqual({ same: 1, changed: 0, onlyA: 0, onlyB: 0, different: 0 });
});

test('rows in Kappa are compared too, where the source has an archive', async () => {
  const [live] = await rowsOf({
    'products/live.yaml': 'topology: kappa\nversion: 2\n',
    'products/live.sql': 'SELECT shop, max(amount) AS most FROM orders WHERE amount < 20 GROUP BY shop',
  });
  const best = (sales: readonly Sale[]) => {
    const most = new Map<string, number>();
    for (const { shop, amount } of sales) most.set(shop, Math.max(amount, most.get(shop) ?? 0));
    return most;
  };
  const [a, b] = [best(LOADS.flat()), best(LOADS.flat().filter(({ amount }) => amount < 20))];
  expect(live?.differences?.counts.changed).toBe(
    [...a].filter(([shop, most]) => b.get(shop) !== most).length,
  );
});

test('rows past the retention of either are in neither', async () => {
  const [recent] = await rowsOf({ 'products/recent.yaml': 'retention: 3 days\nversion: 2\n' });
  // Of visits 1, 2, 5, 8 and 11 days ago version 1 has four, and the third and fourth are past the retention of version 2.
  expect(recent?.differences?.counts).toEqual({ same: 2, changed: 0, onlyA: 0, onlyB: 0, different: 0 });
});

test('what can’t be compared says why', async () => {
  const keys = await rowsOf({
    'products/sales.yaml': 'version: 2\n',
    'products/sales.sql': 'SELECT amount, count(*) AS n FROM orders GROUP BY amount',
  });
  expect(keys[0]?.reason).toMatch(/keys shop VARCHAR and amount BIGINT can't be matched/);
  const small = await rowsOf(V2, '--sample-bytes', '10');
  expect(small[0]?.reason).toMatch(/--sample-bytes/);
});

test('nothing is asked for beside --rows and --ci, nor with --no-rows', async () => {
  const path = write('next', V2);
  for (const options of [[], ['--ci', '--no-rows']]) {
    const { out } = await runLine('plan', path, '--json', '--url', host.url, ...options);
    expect(JSON.parse(out)).not.toHaveProperty('rows');
  }
});
