/** `tenon plan` beside a Tenon that runs: what it says is what a reload does, and asking changes nothing. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '@tenon/composition';
import { SERVICES, startHost } from '@tenon/composition';
import { createLogger, readSettings } from '@tenon/runtime';
import { runLine } from '../run.fixture';
import type { Planned } from './plan';
let directory: string;
let host: Host;

type Files = Readonly<Record<string, string | null>>;

const ORDERS = (extra = '', required = '[shop]', amount = 'integer') =>
  `key: shop\n${extra}schema: {type: object, required: ${required}, properties: {shop: {type: string}, amount: {type: ${amount}}}}\n`;
const BASE: Files = {
  'sources/orders.yaml': ORDERS(),
  'sources/visits.yaml': 'schema: {type: object, properties: {page: {type: string}}}\n',
  'products/sales.sql': 'SELECT shop, sum(amount) AS total, count(*) AS n FROM orders GROUP BY shop',
  'products/orders_count.sql': 'SELECT count(*) AS n FROM orders',
  'products/pages.sql': 'SELECT page, count(*) AS n FROM visits GROUP BY page',
  'products/pages.yaml': 'topology: kappa\ndescription: Pages\n',
};

/** @param files null: it is removed */
function write(name: string, files: Files): string {
  const path = join(directory, name);
  for (const folder of ['sources', 'products']) mkdirSync(join(path, folder), { recursive: true });
  for (const [file, text] of Object.entries(files))
    if (text === null) rmSync(join(path, file), { force: true });
    else writeFileSync(join(path, file), text);
  return path;
}

function variant(files: Files): string {
  rmSync(join(directory, 'next'), { recursive: true, force: true });
  return write('next', { ...BASE, ...files });
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tenon-plan-'));
  host = await startHost({
    ...{ services: SERVICES, supervised: true, data: join(directory, 'data') },
    settings: readSettings({
      ...{ TENON_CATALOG: write('catalog', BASE), TENON_PORT: '0', TENON_CUT_EVERY: 'off' },
    }),
    logger: createLogger({ level: 'silent', name: 'test' }),
  });
  const lines = Array.from({ length: 30 }, (_, i) => JSON.stringify({ shop: `s${i % 3}`, amount: i }));
  const sent = await fetch(`${host.url}/v1/sources/orders/events`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, body: lines.join('\n') },
  });
  expect(sent.status).toBe(202);
  expect((await fetch(`${host.url}/v1/cuts?wait=true`, { method: 'POST' })).status).toBe(202);
});

afterAll(async () => {
  await host.stop();
  rmSync(directory, { recursive: true, force: true });
});

/**
 * A Tenon writes now and then by itself, after a cut for instance; so what changes nothing is what can be done without a byte
 * having changed meanwhile.
 */
async function changingNothing<T>(work: () => Promise<T>): Promise<T> {
  const data = join(directory, 'data');
  for (;;) {
    const before = JSON.stringify(bytesOf(data));
    const result = await work();
    if (JSON.stringify(bytesOf(data)) === before) return result;
  }
}

async function planned(files: Files): Promise<Planned & { readonly code: number }> {
  const { code, out } = await runLine('plan', variant(files), '--json', '--ci', '--url', host.url);
  return { ...(JSON.parse(out) as Planned), code };
}

const outcomes = ({ sources, products }: Planned) =>
  Object.fromEntries(
    [...sources, ...products]
      .filter(({ outcome }) => outcome !== 'unchanged')
      .map(({ name, outcome }) => [name, outcome]),
  );

const notices = ({ sources, products }: Planned) =>
  [...sources, ...products].flatMap((one) => one.notices.map(({ code }) => code));

/** What a reload of the same directory says; the catalog is set back. */
async function reloaded(files: Files): Promise<{ outcome: string; codes: string[] }> {
  const ran = join(directory, 'catalog');
  rmSync(ran, { recursive: true });
  cpSync(variant(files), ran, { recursive: true });
  const answer = await fetch(`${host.url}/v1/reload`, { method: 'POST' });
  rmSync(ran, { recursive: true });
  write('catalog', BASE);
  const { instances } = (await answer.json()) as {
    instances: { outcome: string; problems?: { code: string }[] }[];
  };
  const [{ outcome, problems = [] }] = instances as [(typeof instances)[number]];
  return { outcome, codes: problems.map(({ code }) => code) };
}

/** Every byte of the data directory, by file. */
function bytesOf(path: string): Readonly<Record<string, string>> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Object.fromEntries(
    files
      .map((one) => join(one.parentPath, one.name))
      .sort()
      .map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

const TAKEN: readonly (readonly [string, Files, Readonly<Record<string, string>>, string[], number])[] = [
  ['the same catalog', {}, {}, [], 0],
  [
    'the same, written otherwise',
    { 'products/pages.yaml': '# so\ndescription: Pages\ntopology: "kappa"' },
    {},
    [],
    0,
  ],
  ['another description', { 'products/pages.yaml': 'topology: kappa\n' }, { pages: 'applied' }, [], 0],
  [
    'a new field, and another lateness',
    {
      'sources/orders.yaml': ORDERS('lateness: 1 minute\n').replace(
        'amount:',
        'tip: {type: number}, amount:',
      ),
    },
    { orders: 'applied' },
    [],
    0,
  ],
  [
    'a field that is required now',
    { 'sources/orders.yaml': ORDERS('', '[shop, amount]') },
    { orders: 'applied' },
    ['field-required'],
    3,
  ],
  [
    'a new product and its source',
    {
      'sources/returns.yaml': 'schema: {type: object, properties: {shop: {type: string}}}\n',
      'products/returned.sql': 'SELECT shop, count(*) AS n FROM returns GROUP BY shop',
    },
    { returns: 'added', returned: 'added' },
    [],
    0,
  ],
  [
    'a new version with a column more',
    {
      'products/sales.sql':
        'SELECT shop, sum(amount) AS total, count(*) AS n, max(amount) AS most FROM orders GROUP BY shop',
      'products/sales.yaml': 'version: 2\n',
    },
    { sales: 'rebuild' },
    ['column-new', 'numbers-may-differ'],
    0,
  ],
  [
    'a new version with a column that is called otherwise',
    {
      'products/sales.sql': 'SELECT shop, sum(amount) AS amount, count(*) AS n FROM orders GROUP BY shop',
      'products/sales.yaml': 'version: 2\n',
    },
    { sales: 'rebuild' },
    ['column-renamed', 'numbers-may-differ'],
    3,
  ],
  [
    'a source and its product that are gone',
    { 'sources/visits.yaml': null, 'products/pages.sql': null, 'products/pages.yaml': null },
    { visits: 'removed', pages: 'removed' },
    ['source-gone', 'product-gone'],
    3,
  ],
  [
    'a wider type of a column that one product reads, with its new version',
    { 'sources/orders.yaml': ORDERS('', '[shop]', 'number'), 'products/sales.yaml': 'version: 2\n' },
    { orders: 'applied', sales: 'rebuild' },
    ['column-retyped', 'numbers-may-differ'],
    3,
  ],
];

const REFUSED: readonly (readonly [string, Files, string[]])[] = [
  [
    'another key',
    { 'sources/orders.yaml': ORDERS().replace('key: shop', 'key: amount') },
    ['source-changed'],
  ],
  ['other partitions', { 'sources/orders.yaml': ORDERS('partitions: 7\n') }, ['source-changed']],
  [
    'another SELECT under its version, and a key',
    {
      'products/sales.sql': 'SELECT shop, count(*) AS n FROM orders GROUP BY shop',
      'sources/visits.yaml': 'key: page\nschema: {type: object, properties: {page: {type: string}}}\n',
    },
    ['source-changed', 'product-changed'],
  ],
  [
    'a wider type of a column that a product reads',
    { 'sources/orders.yaml': ORDERS('', '[shop]', 'number') },
    ['product-changed'],
  ],
  ['a retention', { 'products/sales.yaml': 'retention: 1 day\n' }, ['product-changed']],
];

test.each(TAKEN)('%s', async (_what, files, expected, noticed, code) => {
  const answer = await changingNothing(() => planned(files));
  expect(outcomes(answer)).toEqual(expected);
  expect(notices(answer).sort()).toEqual([...noticed].sort());
  expect([answer.ok, answer.breaking, answer.code]).toEqual([true, code === 3, code]);
});

test.each(REFUSED)(
  '%s is refused, and by a reload too, for the same reasons',
  async (_what, files, codes) => {
    const answer = await changingNothing(() => planned(files));
    expect(answer.problems.map(({ code }) => code)).toEqual(codes);
    expect([answer.ok, answer.code]).toEqual([false, 1]);
    for (const { place } of answer.problems) expect(place?.file).toContain(join(directory, 'next'));
    expect(await reloaded(files)).toEqual({ outcome: 'refused', codes });
  },
);

test('a product that reads a column of another type is told which', async () => {
  const { problems } = await planned({ 'sources/orders.yaml': ORDERS('', '[shop]', 'number') });
  expect(problems[0]?.message).toContain('What differs: reads amount: BIGINT → DOUBLE');
});

test('what is built is told with how much there is to read', async () => {
  const { products } = await planned({ 'products/sales.yaml': 'version: 2\n' });
  const { rebuild } = products.find(({ name }) => name === 'sales') as Planned['products'][number];
  // Thirty events, and a barrier in each of the four partitions.
  expect(rebuild).toEqual({ records: 34, events: 30, bytes: expect.any(Number) as number, seconds: 2 });
  expect(rebuild?.bytes).toBeGreaterThan(0);
});

test('a catalog that is not sound: every problem with its place, and no plan', async () => {
  const answer = await planned({
    'products/sales.sql': 'SELECT shop, median(amount) AS m FROM orders GROUP BY shop',
    'products/more.sql': 'SELECT shpo FROM orders GROUP BY shpo',
    'sources/visits.yaml': 'kee: page\nschema: {type: object}\n',
  });
  expect([answer.ok, answer.code, answer.products, answer.sources]).toEqual([false, 1, [], []]);
  expect(
    answer.problems.map(({ code, place }) => [code, place?.file?.split('/next/')[1], place?.line]),
  ).toEqual([
    ['key-unknown', 'sources/visits.yaml', 1],
    ['unknown-column', 'products/more.sql', 1],
    ['unknown-column', 'products/more.sql', 1],
    ['not-mergeable', 'products/sales.sql', 1],
  ]);
});

test('people see a table, pull requests Markdown', async () => {
  const path = variant({
    'products/sales.yaml': 'version: 2\n',
    'sources/orders.yaml': ORDERS('', '[shop, amount]'),
  });
  const table = await runLine('plan', path, '--url', host.url);
  expect(table.code).toBe(0);
  expect(table.out).toMatch(/source +orders +at once +required; read by orders_count, sales/);
  expect(table.out).toMatch(
    /product +sales +v1 → v2 +rebuild +30 events, [\d.]+ KB of archive, about 2\.0 s/,
  );
  expect(table.out).toMatch(/producers of orders .*orders\.amount is required now\. \[field-required\]/);
  expect(table.out).not.toMatch(/pages/);
  const explained = await runLine('plan', path, '--explain', '--url', host.url);
  expect(explained.out).toMatch(/product +pages +v1 +as it is/);
  expect(explained.out).toContain('orders: required: shop → amount, shop\n');
  const ci = await runLine('plan', path, '--ci', '--url', host.url);
  expect(ci.code).toBe(3);
  expect(ci.out).toMatch(/^### Tenon plan: /);
  expect(ci.out).toContain('| product | sales | v1 → v2 | rebuild | 30 events');
  expect(ci.out).toMatch(/\*\*Who would notice\*\*\n\n- producers of orders: .* `field-required`\n/);
});

test('two directories are compared without a Tenon', async () => {
  const path = variant({ 'products/sales.yaml': 'version: 2\n' });
  const { code, out } = await runLine(
    ...['plan', path, '--against', join(directory, 'catalog'), '--json', '--url', 'http://127.0.0.1:9'],
  );
  expect(code).toBe(0);
  expect(outcomes(JSON.parse(out) as Planned)).toEqual({ sales: 'rebuild' });
});

test('without a Tenon there is nothing to compare with', async () => {
  const { code, err } = await runLine('plan', variant({}), '--url', 'http://127.0.0.1:9');
  expect([code, err]).toEqual([1, expect.stringContaining('[unreachable]')]);
});

test('a version that is built, and one that was rolled back, are told as they are', async () => {
  const two = { 'products/sales.yaml': 'version: 2\n' };
  write('catalog', { ...BASE, ...two });
  const post = async (path: string) => (await fetch(host.url + path, { method: 'POST' })).status;
  expect(await post('/v1/reload')).toBe(200);
  const served = async () =>
    ((await (await fetch(`${host.url}/v1/products/sales`)).json()) as { version: number }).version;
  while ((await served()) !== 2) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(outcomes(await planned(two))).toEqual({});
  // The version before is kept for a while, and gone back to without building anything.
  expect(outcomes(await planned({}))).toEqual({ sales: 'back' });
  expect(await post('/v1/products/sales/rollback')).toBe(200);
  expect(outcomes(await planned(two))).toEqual({});
  expect(await served()).toBe(1);
});
