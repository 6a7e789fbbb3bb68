/** The life of a product in one process: built beside, compared, promoted, taken back, made anew, dropped. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeReceipt, encodeReceipt } from '@tenon/contracts';
import { createLogger, readSettings } from '@tenon/runtime';
import { eventually } from '@tenon/testing';
import type { Host } from '../host';
import { startHost } from '../host';
import { SERVICES } from '../services';

const logger = createLogger({ level: 'silent', name: 'test' });
let directory: string;
let host: Host;
let grace = '1h';

const file = (name: string, text: string) => writeFileSync(join(directory, 'catalog', name), text);

function product(version: number, sql: string): void {
  file('products/sales.sql', sql);
  file('products/sales.yaml', `version: ${version}\n`);
}

const COUNT = 'SELECT shop, count(*) AS n FROM orders GROUP BY shop';
const SUM = 'SELECT shop, sum(amount) AS total FROM orders GROUP BY shop';

async function start(): Promise<void> {
  const settings = readSettings({
    ...{ TENON_CATALOG: join(directory, 'catalog'), TENON_PORT: '0', TENON_CUT_EVERY: 'off' },
    TENON_VERSION_GRACE: grace,
  });
  const data = join(directory, 'data');
  host = await startHost({ services: SERVICES, supervised: true, settings, data, logger });
}

async function restart(): Promise<void> {
  await host.stop();
  await start();
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-versions-'));
  for (const name of ['sources', 'products'])
    mkdirSync(join(directory, 'catalog', name), { recursive: true });
  file(
    'sources/orders.yaml',
    'key: shop\nschema: {type: object, properties: {shop: {type: string}, amount: {type: integer}}}\n',
  );
  product(1, COUNT);
  await start();
});

afterAll(async () => {
  await host.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(path: string, method = 'GET', body?: object): Promise<Answer> {
  const response = await fetch(host.url + path, {
    ...{ method, headers: { 'content-type': 'application/json' } },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const post = (path: string) => call(path, 'POST');
const step = (path: string) => post(`/v1/products/sales/${path}`);

async function send(shop: string, amount: number): Promise<string> {
  const { body } = await call('/v1/sources/orders/events', 'POST', { shop, amount });
  return String(body['receipt']);
}

async function rows(query = ''): Promise<readonly [version: unknown, rows: object[]]> {
  const { status, body } = await call(`/v1/products/sales/rows?${query}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  const plain = (body['rows'] as object[]).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_'))),
  );
  return [body['version'], plain];
}

interface Version {
  readonly version: number;
  readonly state: string;
  readonly percent?: number;
}

const versions = async () => (await call('/v1/products/sales')).body['versions'] as Version[];
const states = async () =>
  Object.fromEntries((await versions()).map(({ version, state }) => [version, state])) as object;
const become = (wanted: object) =>
  eventually(JSON.stringify(wanted), async () => JSON.stringify(await states()) === JSON.stringify(wanted), {
    timeoutMs: 120_000,
  });

test('apply builds a version beside the one that is served, which stays fresh; either can be read', async () => {
  await send('a', 1);
  product(2, SUM);
  expect((await post('/v1/apply')).body['instances']).toMatchObject([{ outcome: 'reloaded' }]);
  await become({ 1: 'served', 2: 'ready' });
  const receipt = await send('a', 2);
  expect(await rows(`after=${receipt}`)).toEqual([1, [{ shop: 'a', n: 2 }]]);
  expect(await rows(`after=${receipt}&version=2`)).toEqual([2, [{ shop: 'a', total: 3 }]]);
  expect((await call('/v1/products/sales?version=2')).body).toMatchObject({ version: 2, sql: SUM });
  expect((await versions()).map(({ percent }) => percent)).toEqual([100, 100]);
  expect(await rowColumns('Row.sales')).toContain('"n"');
  expect(await rowColumns('Row.sales.v2')).toContain('"total"');
});

const rowColumns = async (name: string) => {
  const { components } = (await call('/openapi.json')).body as {
    components: { schemas: Record<string, object> };
  };
  return JSON.stringify(components.schemas[name]);
};

test('nothing is promoted by itself, by applying again or by a restart', async () => {
  expect((await post('/v1/apply')).body['instances']).toMatchObject([{ outcome: 'unchanged' }]);
  await restart();
  expect(await states()).toEqual({ 1: 'served', 2: 'ready' });
});

test('versions that there are not, and steps that can’t be taken, are refused with what there is', async () => {
  const refused = async (path: string, method = 'POST') => {
    const { status, body } = await call(path, method);
    return [status, body['code']];
  };
  expect(await refused('/v1/products/sales/rows?version=7', 'GET')).toEqual([404, 'unknown-version']);
  expect(await refused('/v1/products/sales/rows?version=x', 'GET')).toEqual([400, 'bad-parameter']);
  expect(await refused('/v1/products/sales/promote?version=7')).toEqual([404, 'unknown-version']);
  expect(await refused('/v1/products/none/promote')).toEqual([404, 'unknown-product']);
  expect(await refused('/v1/products/sales/rollback')).toEqual([409, 'nothing-kept']);
  expect(await refused('/v1/products/sales/drop?version=1')).toEqual([409, 'version-served']);
  expect(await refused('/v1/products/sales/drop')).toEqual([400, 'bad-parameter']);
  expect(await refused('/v1/products/sales/reprocess')).toEqual([409, 'version-under-way']);
});

test('promote: from its answer on every query is of the new version, live clients get a snapshot, pages stay of one', async () => {
  const receipt = await send('b', 5);
  const live = (await fetch(`${host.url}/v1/products/sales/live`)).body as ReadableStream<Uint8Array>;
  const reader = live.getReader();
  let seen = '';
  const until = async (text: string) => {
    while (!seen.includes(text)) seen += Buffer.from((await reader.read()).value ?? []).toString();
  };
  await until('"version":1');
  const page = await call(`/v1/products/sales/rows?limit=1&after=${receipt}`);
  expect(await step('promote')).toMatchObject({ status: 200, body: { version: 2, served: 2, before: 1 } });
  expect((await rows())[0]).toBe(2);
  expect(await rowColumns('Row.sales')).toContain('"total"');
  expect(await rows(`after=${receipt}`)).toEqual([
    2,
    [
      { shop: 'a', total: 3 },
      { shop: 'b', total: 5 },
    ],
  ]);
  await until('event: snapshot\ndata: {"version":2');
  await reader.cancel();
  const next = await call(`/v1/products/sales/rows?limit=1&cursor=${String(page.body['next'])}`);
  expect(next.body).toMatchObject({ version: 1, rows: [{ shop: 'b', n: 1 }] });
});

test('rollback: at once, and fresh', async () => {
  const receipt = await send('a', 3);
  expect(await step('rollback')).toMatchObject({ status: 200, body: { served: 1, before: 2 } });
  expect((await rows(`after=${receipt}`))[0]).toBe(1);
  expect((await rows(`after=${receipt}`))[1]).toContainEqual({ shop: 'a', n: 3 });
  expect((await step('rollback')).body['code']).toBe('nothing-kept');
  await restart();
  expect(await states()).toEqual({ 1: 'served', 2: 'kept' });
  expect((await step('promote?version=2')).body).toMatchObject({ served: 2 });
});

test('reprocess: the same definition under the next number; cancelled, nothing is left of it', async () => {
  expect(await step('reprocess')).toMatchObject({ status: 202, body: { version: 3, served: 2 } });
  await become({ 1: 'kept', 2: 'served', 3: 'ready' });
  expect(await rows('version=3')).toEqual([3, (await rows())[1]]);
  expect((await step('cancel')).body).toMatchObject({ version: 3 });
  // From the answer on, whatever still runs here.
  expect(await call('/v1/products/sales/rows?version=3')).toMatchObject({
    ...{ status: 404 },
    body: {
      code: 'unknown-version',
      detail: expect.stringMatching(/^Version 3 of sales was dropped/) as string,
    },
  });
  grace = '1s';
  await restart();
  await become({ 1: 'kept', 2: 'served', 3: 'dropped' });
  expect((await step('reprocess?promote=true')).body).toMatchObject({ version: 4 });
  await become({ 1: 'kept', 2: 'dropped', 3: 'dropped', 4: 'served' });
});

test('a catalog that goes back to an earlier version brings that back, and one that is built is paused', async () => {
  product(1, COUNT);
  expect((await post('/v1/reload')).body['instances']).toMatchObject([{ outcome: 'reloaded' }]);
  expect((await rows())[0]).toBe(1);
  product(5, `${SUM} HAVING sum(amount) > 4`);
  await post('/v1/apply');
  const paused = await step('pause');
  // Of so little to build it may be done before.
  const isReady = paused.body['code'] === 'nothing-built';
  expect(paused.status).toBe(isReady ? 409 : 200);
  const promoted = isReady ? 'version-not-ready' : (await step('promote')).body['code'];
  expect(promoted).toBe('version-not-ready');
  await step('resume');
  await become({ 1: 'served', 2: 'dropped', 3: 'dropped', 4: 'dropped', 5: 'ready' });
  expect(await rows('version=5')).toEqual([
    5,
    [
      { shop: 'a', total: 6 },
      { shop: 'b', total: 5 },
    ],
  ]);
});

test('a promote with a condition goes by what differs at equal offsets, and moves nothing where it does not hold', async () => {
  const refused = async (condition: string) => {
    const { status, body } = await step(`promote?if=${encodeURIComponent(condition)}`);
    return [status, body['code'], body['detail']];
  };
  product(6, COUNT.replace('count(*)', 'count(*) FILTER (amount < 5)'));
  await post('/v1/apply');
  await eventually('version 6 is ready', async () => JSON.stringify(await states()).includes('"6":"ready"'));
  const receipt = await send('c', 4);
  for (const version of [1, 6]) await rows(`version=${version}&after=${receipt}`);
  expect(await refused('changed')).toEqual([400, 'bad-condition', expect.stringContaining('changed < 500')]);
  expect(await refused('changed < 1')).toEqual([
    ...[409, 'condition-not-met'],
    expect.stringContaining('same 2, changed 1, onlyA 0, onlyB 0, different 1'),
  ]);
  expect((await rows())[0]).toBe(1);
  // Who asks for what another one has done meanwhile is told that it is so.
  for (const one of await Promise.all(['promote?if=changed%20%3C%202', 'promote?version=6'].map(step)))
    expect(one).toMatchObject({ status: 200, body: { served: 6 } });
  product(7, SUM.replace('shop, sum', 'shop, amount, sum').replace('BY shop', 'BY shop, amount'));
  await post('/v1/apply');
  await eventually('version 7 is ready', async () => JSON.stringify(await states()).includes('"7":"ready"'));
  expect(await refused('changed < 2')).toEqual([422, 'diff-keys', expect.any(String)]);
});

test('a read that waits while its version and its serving go is answered by those that come after', async () => {
  const next = Object.entries(decodeReceipt(await send('w', 1))?.['orders'] ?? {});
  const awaited = encodeReceipt({ orders: Object.fromEntries(next.map(([lane, at]) => [lane, at + 1])) });
  const waiting = call(`/v1/products/sales/rows?after=${awaited}&timeout=30000`);
  product(6, COUNT);
  await post('/v1/reload');
  await eventually(
    'version 1 is gone',
    async () => {
      const found = await versions();
      return found.find(({ version }) => version === 1)?.state === 'dropped';
    },
    { timeoutMs: 120_000 },
  );
  await send('w', 1);
  expect(await waiting).toMatchObject({ status: 200, body: { version: 6 } });
  expect((await waiting).body['rows']).toContainEqual(expect.objectContaining({ shop: 'w', n: 2 }));
});

test('what is built can be held to so many events a second, which is told, and changed while it runs', async () => {
  product(8, COUNT);
  file('sources/many.yaml', 'partitions: 1\nschema: {type: object, properties: {n: {type: integer}}}\n');
  file('products/counted.sql', 'SELECT n % 7 AS rest, count(*) AS n FROM many GROUP BY rest');
  file('products/counted.yaml', 'topology: kappa\n');
  expect((await post('/v1/reload')).body['instances']).toMatchObject([{ outcome: 'reloaded' }]);
  const events = Array.from({ length: 20_000 }, (_, n) => JSON.stringify({ n })).join('\n');
  const sent = await fetch(`${host.url}/v1/sources/many/events`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: events },
  });
  expect(await sent.json()).toMatchObject({ accepted: 20_000 });
  // What lies after the last cut is read with what is live.
  expect((await post('/v1/cuts?wait=true')).status).toBe(202);
  expect((await post('/v1/products/counted/reprocess?throttle=0')).status).toBe(400);
  expect((await post('/v1/products/counted/reprocess?throttle=20')).status).toBe(202);
  const second = async () =>
    ((await call('/v1/products/counted')).body['versions'] as Version[]).find(({ version }) => version === 2);
  await eventually('it is folded a little', async () => (await second())?.percent !== undefined);
  // All of it would take a quarter of an hour.
  expect(await second()).toMatchObject({ state: 'building', throttle: 20 });
  expect((await post('/v1/products/counted/throttle?throttle=30')).body).toMatchObject({ version: 2 });
  expect(await second()).toMatchObject({ state: 'building', throttle: 30 });
  expect((await post('/v1/products/counted/throttle')).status).toBe(200);
  await eventually('it is ready', async () => (await second())?.state === 'ready', { timeoutMs: 120_000 });
  expect(await second()).not.toHaveProperty('throttle');
  expect((await post('/v1/products/counted/throttle?throttle=30')).body).toMatchObject({
    code: 'nothing-built',
  });
});
