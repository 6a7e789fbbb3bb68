/** A process that changes its catalog while it runs. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, readSettings } from '@tenon/runtime';
import { eventually } from '@tenon/testing';
import type { Host } from './host';
import { startHost } from './host';
import { SERVICES } from './services';

const logger = createLogger({ level: 'silent', name: 'test' });
let directory: string;
let host: Host;

const file = (name: string, text: string) => writeFileSync(join(directory, 'catalog', name), text);
const source = (extra = '') =>
  `key: shop\n${extra}schema: {type: object, properties: {shop: {type: string}, amount: {type: integer}}}\n`;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-reload-'));
  mkdirSync(join(directory, 'catalog', 'sources'), { recursive: true });
  mkdirSync(join(directory, 'catalog', 'products'));
  file('sources/orders.yaml', source());
  file('products/sales.sql', 'SELECT shop, count(*) AS n FROM orders GROUP BY shop');
  const settings = readSettings({
    TENON_CATALOG: join(directory, 'catalog'),
    TENON_PORT: '0',
    TENON_CUT_EVERY: 'off',
  });
  host = await startHost({
    services: SERVICES,
    supervised: true,
    settings,
    data: join(directory, 'data'),
    logger,
  });
});

afterAll(async () => {
  await host.stop();
  rmSync(directory, { recursive: true, force: true });
});

const get = async (path: string) => (await fetch(host.url + path)).json() as Promise<Record<string, unknown>>;

async function send(to: string, data: object): Promise<string> {
  const response = await fetch(`${host.url}/v1/sources/${to}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(data),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { receipt: string }).receipt;
}

async function rows(product: string, after: string): Promise<object[]> {
  const answer = await get(`/v1/products/${product}/rows?after=${after}`);
  return (answer['rows'] as object[]).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_'))),
  );
}

interface Instance {
  readonly outcome: string;
  readonly problems?: readonly { readonly code: string; readonly message: string }[];
}

async function answerOfReload() {
  const response = await fetch(`${host.url}/v1/reload`, { method: 'POST' });
  expect(response.status).toBe(200);
  return (await response.json()) as { instances: readonly Instance[]; warnings: readonly object[] };
}

async function reload(): Promise<Instance> {
  const { instances } = await answerOfReload();
  expect(instances).toHaveLength(1);
  return instances[0] as Instance;
}

const fingerprints = async () =>
  new Set(((await get('/v1/status'))['services'] as { catalog: string }[]).map(({ catalog }) => catalog));

test('a catalog that says the same is no change', async () => {
  appendFileSync(join(directory, 'catalog', 'sources', 'orders.yaml'), '# a comment\n');
  expect((await reload()).outcome).toBe('unchanged');
});

test('new sources and products are there, with their history, and what was there goes on', async () => {
  const before = await fingerprints();
  await send('orders', { shop: 'a', amount: 1 });
  file('products/totals.sql', 'SELECT shop, sum(amount) AS total FROM orders GROUP BY shop');
  file('sources/visits.yaml', 'key: page\nschema: {type: object, properties: {page: {type: string}}}\n');
  file('products/pages.sql', 'SELECT page, count(*) AS n FROM visits GROUP BY page');
  file('products/pages.yaml', 'topology: kappa\n');
  expect(await reload()).toMatchObject({ outcome: 'reloaded' });
  const receipt = await send('orders', { shop: 'a', amount: 2 });
  expect(await rows('sales', receipt)).toEqual([{ shop: 'a', n: 2 }]);
  expect(await rows('totals', receipt)).toEqual([{ shop: 'a', total: 3 }]);
  expect(await rows('pages', await send('visits', { page: '/' }))).toEqual([{ page: '/', n: 1 }]);
  const cut = await fetch(`${host.url}/v1/cuts?wait=true`, { method: 'POST' });
  expect(Object.keys(((await cut.json()) as { generations: object }).generations).sort()).toEqual([
    ...['pages', 'sales', 'totals'],
  ]);
  const after = await fingerprints();
  expect([before.size, after.size]).toEqual([1, 1]);
  expect(after).not.toEqual(before);
});

test('all problems are told, and the old catalog runs on', async () => {
  const before = await fingerprints();
  file('products/bad.sql', 'SELECT shop, median(amount) AS m FROM orders GROUP BY shop');
  file('products/worse.sql', 'SELECT shpo, count(*) AS n FROM orders GROUP BY shpo');
  const { outcome, problems } = await reload();
  expect(outcome).toBe('refused');
  expect(problems?.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['not-mergeable', 'unknown-column']),
  );
  expect(await fingerprints()).toEqual(before);
  expect(await rows('sales', await send('orders', { shop: 'b' }))).toContainEqual({ shop: 'b', n: 1 });
  for (const name of ['bad', 'worse']) rmSync(join(directory, 'catalog', 'products', `${name}.sql`));
});

test('a product that changed under its version, and a source with other partitions, are refused', async () => {
  file('products/sales.sql', 'SELECT shop, count(*) AS n, max(amount) AS most FROM orders GROUP BY shop');
  file(
    'sources/visits.yaml',
    'key: page\npartitions: 7\nschema: {type: object, properties: {page: {type: string}}}\n',
  );
  const { outcome, problems } = await reload();
  expect(outcome).toBe('refused');
  expect(problems?.map(({ code }) => code)).toEqual(['source-changed', 'product-changed']);
  expect(await rows('sales', await send('orders', { shop: 'c' }))).toContainEqual({ shop: 'c', n: 1 });
});

test('what decides where events of a source lie, and what they are, stays as it is', async () => {
  const visits = (text: string) =>
    file('sources/visits.yaml', `${text}\nschema: {type: object, properties: {page: {type: string}}}\n`);
  for (const change of [
    'key: []',
    'key: page\npartitions: 2',
    'key: page\ntime: page',
    'key: page\ndedupe: {window: 1}',
  ]) {
    visits(change);
    const { outcome, problems } = await reload();
    expect([outcome, problems?.map(({ code }) => code)]).toEqual([
      'refused',
      expect.arrayContaining(['source-changed']),
    ]);
  }
  visits('key: page');
});

test('a new version is built beside the old one, and served once it has all of it; what is gone is gone', async () => {
  file('sources/visits.yaml', 'key: page\nschema: {type: object, properties: {page: {type: string}}}\n');
  file('products/sales.yaml', 'version: 2\n');
  rmSync(join(directory, 'catalog', 'products', 'totals.sql'));
  expect(await reload()).toMatchObject({ outcome: 'reloaded' });
  const receipt = await send('orders', { shop: 'c', amount: 9 });
  await eventually('it is served', async () => (await get('/v1/products/sales'))['version'] === 2);
  const all = await rows('sales', receipt);
  expect(all).toContainEqual({ shop: 'a', n: 2, most: 2 });
  expect(all).toContainEqual({ shop: 'c', n: 2, most: 9 });
  expect((await fetch(`${host.url}/v1/products/totals`)).status).toBe(404);
});

test('a schema that refuses what producers send today is taken, and warned of', async () => {
  file('sources/orders.yaml', source().replace('{type: object,', '{type: object, required: [amount],'));
  const { instances, warnings } = await answerOfReload();
  expect(instances).toMatchObject([{ outcome: 'reloaded' }]);
  expect(warnings).toMatchObject([{ code: 'field-required', message: 'orders.amount is required now.' }]);
  file('sources/orders.yaml', source());
  expect((await answerOfReload()).warnings).toEqual([]);
});

test('requests that are under way, and new ones, are answered while it changes', async () => {
  const receipt = await send('orders', { shop: 'd', amount: 1 });
  let ended = false;
  let answered = 0;
  const client = async () => {
    while (!ended) {
      const after = answered % 2 === 0 ? await send('orders', { shop: 'd', amount: 1 }) : receipt;
      const response = await fetch(`${host.url}/v1/products/sales/rows?after=${after}&shop=d`);
      if (response.status !== 200) throw new Error(await response.text());
      answered += 1;
    }
  };
  const clients = Promise.all([client(), client(), client()]);
  for (let version = 2; version <= 4; version += 1) {
    file('products/pages.yaml', `topology: kappa\nversion: ${version}\n`);
    file('products/pages.sql', `SELECT page, count(*) AS n${version} FROM visits GROUP BY page`);
    expect(await reload()).toMatchObject({ outcome: 'reloaded' });
    const so = answered;
    await Promise.race([eventually('it is used', () => answered > so + 5), clients]);
  }
  ended = true;
  await clients;
});

test('a live stream ends in order, and its client goes on with the new catalog', async () => {
  const stream = await fetch(`${host.url}/v1/products/sales/live`);
  file('products/sales.yaml', 'version: 2\ndescription: again\n');
  expect(await reload()).toMatchObject({ outcome: 'reloaded' });
  expect(await stream.text()).toMatch(/event: snapshot/);
  const again = await fetch(`${host.url}/v1/products/sales/live`, { headers: { 'last-event-id': 'x.1' } });
  const reader = (again.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  while (!text.includes('event: snapshot')) text += Buffer.from((await reader.read()).value ?? []).toString();
  await reader.cancel();
});

test('a product that comes and one that goes do not interrupt those beside them', async () => {
  const stream = await fetch(`${host.url}/v1/products/sales/live`);
  const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  const until = async (wanted: RegExp) => {
    while (!wanted.test(text)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`The stream has ended after ${text}`);
      text += Buffer.from(value).toString();
    }
  };
  await until(/event: snapshot/);
  file('products/largest.sql', 'SELECT shop, max(amount) AS largest FROM orders GROUP BY shop');
  expect(await reload()).toMatchObject({ outcome: 'reloaded' });
  const receipt = await send('orders', { shop: 'beside', amount: 77 });
  expect(await rows('largest', receipt)).toContainEqual({ shop: 'beside', largest: 77 });
  expect(await rows('largest', receipt)).toContainEqual({ shop: 'c', largest: 9 });
  await until(/beside/);
  rmSync(join(directory, 'catalog', 'products', 'largest.sql'));
  expect(await reload()).toMatchObject({ outcome: 'reloaded' });
  expect((await fetch(`${host.url}/v1/products/largest`)).status).toBe(404);
  await send('orders', { shop: 'afterwards' });
  await until(/afterwards/);
  await reader.cancel();
});
