/** All topics of a Tenon are lost, and brought back from a dump: nobody who asks notices, nor who sends. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '@tenon/topic-backup';
import { runLine } from '../run.fixture';
import type { Up } from '../up';
import { runUp } from '../up';

const SOURCE = `key: shop
partitions: 3
schema:
  type: object
  required: [shop, amount]
  properties: { shop: { type: string }, amount: { type: integer } }
`;
const SQL = 'SELECT shop, count(*) AS n, sum(amount) AS total FROM orders GROUP BY shop\n';

let directory: string;
let up: Up;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-all-lost-'));
  mkdirSync(join(directory, 'catalog/sources'), { recursive: true });
  mkdirSync(join(directory, 'catalog/products'), { recursive: true });
  writeFileSync(join(directory, 'catalog/sources/orders.yaml'), SOURCE);
  for (const topology of ['lambda', 'kappa']) {
    writeFileSync(join(directory, `catalog/products/${topology}_sales.sql`), SQL);
    writeFileSync(join(directory, `catalog/products/${topology}_sales.yaml`), `topology: ${topology}\n`);
  }
});
afterAll(async () => {
  await up.stop();
  rmSync(directory, { recursive: true, force: true });
});

const data = () => join(directory, 'data');

async function start(): Promise<void> {
  up = await runUp({
    catalog: join(directory, 'catalog'),
    data: data(),
    port: 0,
    cutEvery: null,
    logLevel: 'silent',
    environment: {},
  });
}

async function call(path: string, init?: RequestInit) {
  const response = await fetch(up.url + path, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function send(from: number, to: number): Promise<string> {
  const events = Array.from({ length: to - from }, (_, at) => ({
    shop: `s${(from + at) % 7}`,
    amount: from + at,
  }));
  const { body } = await call('/v1/sources/orders/events', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  expect(body['accepted']).toBe(events.length);
  return body['receipt'] as string;
}

/** Topic and partition → digest of what was dumped. */
async function digestsOf(folder: string) {
  const manifest = await readManifest(folder);
  return manifest?.topics.map(({ name, parts }) => [
    name,
    parts.map(({ records, digest }) => [records, digest]),
  ]);
}

const cut = () => call('/v1/cuts?wait=true&timeout=60000', { method: 'POST' });

/** Shop → count and sum, once the receipt's events are in. */
async function answer(product: string, receipt: string) {
  const { status, body } = await call(`/v1/products/${product}/rows?after=${receipt}`);
  expect(status).toBe(200);
  const rows = body['rows'] as { shop: string; n: number; total: number }[];
  const { status: quality } = body['answer'] as { status: string };
  return { quality, rows: rows.map(({ shop, n, total }) => `${shop} ${n} ${total}`).sort() };
}

function oracle(count: number): string[] {
  const shops = new Map<string, [number, number]>();
  for (let amount = 0; amount < count; amount++) {
    const [n, total] = shops.get(`s${amount % 7}`) ?? [0, 0];
    shops.set(`s${amount % 7}`, [n + 1, total + amount]);
  }
  return [...shops].map(([shop, [n, total]]) => `${shop} ${n} ${total}`).sort();
}

test('answers are the same, receipts of before hold, and new events count', async () => {
  await start();
  await send(0, 500);
  await cut();
  const receipt = await send(500, 800);
  for (const product of ['lambda_sales', 'kappa_sales'])
    expect((await answer(product, receipt)).rows).toEqual(oracle(800));

  const backup = join(directory, 'backup');
  const locked = await runLine('dump', '--all', backup, '--data', data(), '--json');
  expect(locked.code).toBe(1);
  expect(locked.err).toMatch(/data-directory-locked.*--url/s);
  const dumped = await runLine('dump', '--all', backup, '--url', up.url, '--json');
  await up.stop();
  const later = join(directory, 'later');
  expect(await runLine('dump', '--all', later, '--data', data(), '--json')).toMatchObject({ code: 0 });
  expect(await digestsOf(backup)).toEqual(await digestsOf(later));
  expect(dumped).toMatchObject({ code: 0, err: '' });
  const { topics } = JSON.parse(dumped.out) as { topics: { topic: string; records: number }[] };
  expect(topics.map(({ topic }) => topic)).toEqual(
    expect.arrayContaining(['tenon.cuts', 'tenon.events.orders']),
  );
  rmSync(join(data(), 'log'), { recursive: true });

  const restored = await runLine('restore', backup, '--data', data(), '--accept', '--json');
  expect(restored).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(restored.out)).toMatchObject({ equal: true, accepted: true });

  await start();
  for (const product of ['lambda_sales', 'kappa_sales'])
    expect((await answer(product, receipt)).rows).toEqual(oracle(800));
  const after = await send(800, 1000);
  for (const product of ['lambda_sales', 'kappa_sales'])
    expect((await answer(product, after)).rows).toEqual(oracle(1000));
  const before = await cut();
  expect(before.body['epoch']).toBe(2);
  for (const product of ['lambda_sales', 'kappa_sales'])
    expect(await answer(product, after)).toMatchObject({
      quality: expect.not.stringContaining('incomplete') as string,
      rows: oracle(1000),
    });
});
