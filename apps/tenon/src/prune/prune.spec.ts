import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createFileEventLog,
  createLmdbProductStore,
  openDataDirectory,
  systemClock,
  topicsIn,
} from '@tenon/adapters-embedded';
import { STORE_KEYS, TOPICS } from '@tenon/contracts';
import { cellKey } from '@tenon/domain';
import type { StoreTable, StoreTransaction } from '@tenon/ports';
import { layoutOf, placesOf } from '@tenon/views';
import { prune } from './prune';

let data: string;
let catalog: string;

const planOf = (product: string) => ({
  ...{ v: 1, product: product.split('@')[0], version: Number(product.split('@')[1]), source: 'orders' },
  ...{ topology: 'lambda', window: null },
  key: ['shop', 'item'].map((column) => ({ column, type: 'VARCHAR' })),
});

/** Documents of a product's version: what all of them have. */
const documentsOf = (product: string): [StoreTable, string, unknown][] => [
  ['meta', STORE_KEYS.plan(product), { plan: planOf(product) }],
  ['meta', STORE_KEYS.pointer(product), { v: 2, line: 1, generation: 3 }],
  ['meta', STORE_KEYS.progress(product, 3, 0), { start: 0 }],
  ['meta', STORE_KEYS.troubles(product), { v: 1, troubles: [] }],
  ['meta', STORE_KEYS.consumed(TOPICS.flushes(product), 0), 7],
  ['speed', `${STORE_KEYS.speed(product, 3, 0)}cell`, { k: [], s: [] }],
  ['base', `${STORE_KEYS.base(product, 1)}cell`, { k: [], v: [] }],
];

const write = (path: string, text: string) => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
};

const PRODUCTS = ['sales@1', 'sales@2', 'sales@10', 'other@1', 'sales_more@1'];

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'tenon-prune-'));
  catalog = join(data, 'catalog');
  write(
    join(catalog, 'sources/orders.yaml'),
    'schema: { type: object, properties: { shop: { type: string } } }\n',
  );
  for (const [name, version] of [
    ['sales', 2],
    ['sales_more', 1],
  ] as const) {
    write(join(catalog, `products/${name}.sql`), 'SELECT shop, count(*) AS n FROM orders GROUP BY shop\n');
    write(join(catalog, `products/${name}.yaml`), `version: ${version}\n`);
  }
  const directory = await openDataDirectory(join(data, 'data'));
  const log = createFileEventLog({ directory: directory.log, clock: systemClock });
  const store = createLmdbProductStore({ directory: directory.store });
  await log.ensureTopic({ name: 'tenon.events.orders', partitions: 1 });
  for (const product of PRODUCTS)
    for (const name of [TOPICS.flushes(product), TOPICS.ranges(product)])
      await log.ensureTopic({ name, partitions: 1 });
  await store.transact(async (tx) => {
    for (const [table, key, value] of PRODUCTS.flatMap(documentsOf)) tx.put(table, key, value);
    for (const [name, version] of Object.entries({ sales: 2, other: 1, sales_more: 1 }))
      tx.put('meta', STORE_KEYS.served(name), { v: 1, version });
  });
  await log.close();
  await store.close();
  await directory.close();
});

afterEach(() => rmSync(data, { recursive: true, force: true }));

async function inStore(work?: [StoreTable, string, unknown][]): Promise<string[]> {
  const store = createLmdbProductStore({ directory: join(data, 'data/store') });
  await store.transact(async (tx) => {
    for (const [table, key, value] of work ?? []) tx.put(table, key, value);
  });
  const keys: string[] = [];
  await store.snapshot(async (snapshot) => {
    for (const table of ['meta', 'speed', 'base'] as const)
      for await (const chunk of snapshot.scan(table, { gte: ' ', lt: '~~' }))
        keys.push(...chunk.map(({ key }) => `${table} ${key}`));
  });
  await store.close();
  return keys.sort();
}

const topics = () => topicsIn(join(data, 'data/log'));

const run = (dryRun = false) =>
  prune({ data: join(data, 'data'), catalog, dryRun, url: 'http://127.0.0.1:1', environment: {} });

const GONE = ['other@1', 'sales@1', 'sales@10'];

test('versions and products that the catalog does not have go with all that is theirs, and nothing else does', async () => {
  const [before, topicsBefore] = [await inStore(), await topics()];
  const { pruned, kept } = await run();
  expect(pruned.map(({ product, what }) => `${product} ${what}`)).toEqual(GONE.map((one) => `${one} gone`));
  expect(kept).toEqual([]);
  const lost = GONE.flatMap(documentsOf).map(([table, key]) => `${table} ${key}`);
  const all = [...lost, 'meta served/other'];
  expect(await inStore()).toEqual(before.filter((key) => !all.includes(key)));
  expect(pruned.reduce((sum, { documents }) => sum + documents, 0)).toBe(all.length);
  const gone = GONE.flatMap((product) => [TOPICS.flushes(product), TOPICS.ranges(product)]);
  expect(await topics()).toEqual(topicsBefore.filter((topic) => !gone.includes(topic)));
  expect((await run()).pruned).toEqual([]);
});

test('a dry run says the same, and removes nothing', async () => {
  const before = [await inStore(), await topics()];
  const dry = await run(true);
  expect([await inStore(), await topics()]).toEqual(before);
  expect({ ...(await run()), dryRun: true }).toEqual(dry);
});

test('a version that is served is kept until Tenon has started with the catalog', async () => {
  await inStore([['meta', STORE_KEYS.served('sales'), { v: 1, version: 1 }]]);
  const { pruned, kept } = await run();
  expect(pruned.map(({ product }) => product)).toEqual(['other@1', 'sales@10']);
  expect(kept).toMatchObject([{ product: 'sales@1' }]);
});

test('base views that were given up go, unless a range is under way', async () => {
  const rows = [0, 1, 2].map((line): [StoreTable, string, unknown] => [
    'base',
    `${STORE_KEYS.base('sales@2', line)}row`,
    { k: [], v: [] },
  ]);
  const account: [StoreTable, string, unknown] = ['meta', STORE_KEYS.range('sales@2', 'r'), { v: 1, to: 4 }];
  await run();
  await inStore([...rows, account]);
  expect((await run()).pruned).toEqual([]);
  const store = createLmdbProductStore({ directory: join(data, 'data/store') });
  await store.transact(async (tx) => tx.delete('meta', account[1]));
  await store.close();
  expect((await run()).pruned).toEqual([{ product: 'sales@2', what: 'lines', documents: 2, topics: [] }]);
  expect((await inStore()).filter((key) => key.endsWith('row'))).toEqual([
    `base ${STORE_KEYS.base('sales@2', 1)}row`,
  ]);
});

test('the cells of what goes stand in no order any more, should a version of its name and number come back', async () => {
  const layout = layoutOf(planOf('sales@1') as never, []);
  const key = cellKey(layout.types, ['a', 'b']);
  const prefix = STORE_KEYS.base('sales@1', 1);
  const places = placesOf(layout, prefix, key, '["a","b"]', false);
  const under = { order: 0, at: prefix.length, head: places?.heads[0] as string };
  const document = { k: ['a', 'b'], v: [] };
  const read = async (write: (tx: StoreTransaction) => void) => {
    const store = createLmdbProductStore({ directory: join(data, 'data/store') });
    await store.transact(async (tx) => write(tx));
    const [found] = await store.snapshot((snapshot) =>
      snapshot.texts([{ table: 'base', gte: prefix, lt: `${prefix}~`, limit: 10, under }]),
    );
    await store.close();
    return found?.length;
  };
  expect(await read((tx) => tx.putJson('base', prefix + key, JSON.stringify(document), places))).toBe(1);
  await run();
  expect(await read((tx) => tx.put('base', prefix + key, document))).toBe(0);
});

test('nothing goes by a catalog that is not sound, or while a Tenon runs there', async () => {
  const held = await openDataDirectory(join(data, 'data'));
  await expect(run()).rejects.toMatchObject({ code: 'data-directory-locked' });
  await held.close();
  writeFileSync(join(catalog, 'products/sales.yaml'), 'version: none\n');
  await expect(run()).rejects.toMatchObject({ code: 'catalog' });
});
