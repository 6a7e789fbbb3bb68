import { SUBJECTS, TOPICS, pointerDocument } from '@tenon/contracts';
import { STORE_KEYS } from '@tenon/contracts';
import type { Topology } from '@tenon/domain';
import type { ConsumptionConfig } from './deps';
import { ProductLanding } from './product';
import type { Fixture } from './testing/consumption-fixture';
import { appendEvents, appendFlushes, appendRanges, fixture } from './testing/consumption-fixture';
import { settle, until } from './testing/manual-clock';
import {
  LAYOUT,
  PRODUCT,
  cells,
  commitRecord,
  flushRecords,
  layoutFor,
  planOf,
  pointerOf,
  rows,
  servedPointer,
  sliceRecords,
} from './testing/sales';

let deps: Fixture;
const instances: ProductLanding[] = [];

const begin = (config: Partial<ConsumptionConfig> = {}) => {
  deps = fixture(config);
};
beforeEach(() => begin());
afterEach(async () => {
  for (const instance of instances.splice(0)) await instance.stop();
});

async function start(topology: Topology): Promise<ProductLanding> {
  await appendEvents(deps, 0, 0);
  const instance = new ProductLanding(deps, layoutFor({ topology }));
  instances.push(instance);
  await instance.start();
  return instance;
}

const served = (generation: number) =>
  until(`generation ${generation}`, () => servedPointer(deps.store).generation === generation);

const generationHints = () =>
  deps.bus.on(SUBJECTS.generation(PRODUCT)).map((hint) => (hint as { generation: number }).generation);

const closed = (partition: number, to: number, counts: Record<string, number>) =>
  flushRecords({ partition, to, end: { closed: true } }, cells(counts));

const open = (partition: number, start: number) =>
  flushRecords({ partition, epoch: 1, start, from: start, to: start + 1 }, cells({ ann: 1 }));

test('in Lambda flushes and ranges land side by side, and the row is the sum of both', async () => {
  const product = await start('lambda');
  await appendFlushes(deps, 0, ...closed(0, 10, { ann: 2 }), ...open(0, 10));
  await until('both', () => product.status().applied === 2);
  expect(await rows(deps.store)).toEqual({ ann: 3 });
  await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 2 })), commitRecord(1));
  await served(1);
  expect(await rows(deps.store)).toEqual({ ann: 3 });
  expect(await rows(deps.store, LAYOUT, 'batch')).toEqual({ ann: 2 });
  expect(generationHints()).toEqual([1]);
  expect(product.servedGeneration()).toBe(1);
  expect(product.readings().map(({ topic }) => topic)).toEqual([
    TOPICS.flushes(PRODUCT),
    TOPICS.ranges(PRODUCT),
  ]);
  expect(product.status()).toMatchObject({
    product: 'sales',
    version: 1,
    generation: 1,
    applied: 3,
    stale: 0,
  });
  expect(product.outcomes()).toContainEqual({
    labels: { product: 'sales', version: '1', outcome: 'applied' },
    value: 3,
  });
});

test('in Lambda closed epochs wait for batch, however long', async () => {
  const product = await start('lambda');
  await appendFlushes(deps, 0, ...closed(0, 10, { ann: 2 }));
  await appendFlushes(deps, 1, ...closed(1, 10, {}));
  await until('both', () => product.status().applied === 2);
  await deps.clock.advance(10_000);
  expect(servedPointer(deps.store)).toEqual({});
});

test('in Kappa the epochs fold as soon as the last lane has closed them, and no range is read', async () => {
  const product = await start('kappa');
  await appendFlushes(deps, 0, ...closed(0, 10, { ann: 2 }), ...open(0, 10));
  await until('the first lane', () => product.status().applied === 2);
  expect(servedPointer(deps.store)).toEqual({});
  await appendFlushes(deps, 1, ...closed(1, 10, { bob: 1 }));
  await served(1);
  expect(await rows(deps.store)).toEqual({ ann: 3, bob: 1 });
  await until('the hint', () => generationHints().length === 1);
  expect(product.servedGeneration()).toBe(1);
  expect(product.readings().map(({ topic }) => topic)).toEqual([TOPICS.flushes(PRODUCT)]);
});

test('in Kappa the holder of the first lane folds, also what another instance has closed', async () => {
  const [first, second] = [await start('kappa'), await start('kappa')];
  await until('one lane each', () =>
    [first, second].every((one) => Object.keys(one.readings()[0]?.next ?? {}).length === 1),
  );
  await appendFlushes(deps, 0, ...closed(0, 10, { ann: 2 }));
  await until('the first lane', () => first.status().applied === 1);
  await appendFlushes(deps, 1, ...closed(1, 10, { bob: 1 }));
  await until('the second lane', () => second.status().applied === 1);
  expect(servedPointer(deps.store)).toEqual({});
  await deps.clock.advance(2000);
  expect(servedPointer(deps.store)).toMatchObject({ generation: 1 });
  expect(generationHints()).toEqual([1]);
  expect(first.servedGeneration()).toBe(1);
});

test('a generation that another instance serves is seen, and one that is older than what is known is not', async () => {
  const product = await start('lambda');
  await deps.store.put('meta', STORE_KEYS.pointer(PRODUCT), pointerDocument(pointerOf({ generation: 4 })));
  await deps.clock.advance(2000);
  expect(product.servedGeneration()).toBe(4);
  await deps.store.put('meta', STORE_KEYS.pointer(PRODUCT), pointerDocument(pointerOf({ generation: 3 })));
  await deps.clock.advance(2000);
  expect(product.servedGeneration()).toBe(4);
});

test('what lies behind a pointer that moved is pruned after the grace', async () => {
  begin({ graceMs: 5000 });
  await start('kappa');
  await appendFlushes(deps, 0, ...closed(0, 10, { ann: 2 }));
  await appendFlushes(deps, 1, ...closed(1, 10, { bob: 1 }));
  await served(1);
  expect(deps.store.keys('speed')).toHaveLength(2);
  for (let second = 0; second < 7; second += 1) await deps.clock.advance(1000);
  expect(deps.store.keys('speed')).toEqual([]);
  expect(await rows(deps.store)).toEqual({ ann: 2, bob: 1 });
});

test('a lane of which a flush went missing is replayed: at once where a later one shows it, else after a time', async () => {
  begin({ stallMs: 4000 });
  await start('lambda');
  await appendEvents(deps, 1, 5);
  await appendFlushes(deps, 0, ...flushRecords({ from: 3, to: 5 }, cells({ ann: 1 })));
  const asked = () =>
    deps.bus.on(SUBJECTS.replay(PRODUCT)).map((hint) => (hint as { partition: number }).partition);
  await until('the gap', () => asked().length === 1);
  for (let look = 0; look < 3; look += 1) await deps.clock.advance(2000);
  expect(asked()).toEqual([0, 1]);
});

describe('a loop that fails', () => {
  const standsStill = async (product: ProductLanding, reason: string) => {
    await until('the trouble', () => product.trouble === reason);
    const trouble = { layer: 'consumption', code: 'product-failed', reason };
    await until('the book', () => deps.troubles.of(PRODUCT).length > 0);
    expect(deps.troubles.of(PRODUCT)).toMatchObject([trouble]);
  };
  const failing = async (topology: Topology, table: string) => {
    const product = await start(topology);
    deps.store.beforeWrite = (written) => {
      if (written === table) throw new Error('full');
    };
    return product;
  };

  test('rests by itself and is written down, be it that of the flushes: ranges land', async () => {
    const product = await failing('lambda', 'speed');
    await appendFlushes(deps, 0, ...closed(0, 10, { ann: 1 }));
    await standsStill(product, 'full');
    await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 2 })), commitRecord(1));
    await served(1);
    expect(product.readings()).toMatchObject([{ rests: true }, {}]);
  });

  test('begins anew after a pause, and is well once it has worked for a while', async () => {
    const product = await failing('lambda', 'speed');
    await appendFlushes(deps, 0, ...closed(0, 10, { ann: 1 }));
    await standsStill(product, 'full');
    await deps.clock.advance(1000);
    await standsStill(product, 'full');
    deps.store.beforeWrite = () => undefined;
    await deps.clock.advance(2000);
    await until('the flush', () => product.status().applied === 1);
    await deps.clock.advance(6000);
    await appendFlushes(deps, 0, ...open(0, 10));
    await until('the next flush', () => product.status().applied === 2);
    await settle();
    expect([product.trouble, deps.troubles.of(PRODUCT)]).toEqual([null, []]);
  });

  test.each([
    ['stand in orders', planOf().key],
    ['have none', planOf().key.slice(0, 1)],
  ])('what an instance before has written down is over with the next one, where cells %s', async (_, key) => {
    const before = { layer: 'consumption', code: 'product-failed', reason: 'it has died since' } as const;
    await deps.troubles.report(PRODUCT, before);
    const product = new ProductLanding(deps, layoutFor({ topology: 'lambda', key }));
    instances.push(product);
    await product.start();
    await settle();
    await deps.clock.advance(6000);
    await appendFlushes(deps, 0, ...flushRecords({ partition: 0, to: 10 }, []));
    await appendRanges(deps, 0, commitRecord(1));
    await settle();
    expect(deps.troubles.of(PRODUCT)).toEqual([]);
  });

  test('or that of the ranges: flushes land', async () => {
    const product = await failing('lambda', 'base');
    await appendRanges(deps, 0, ...sliceRecords(0, {}, cells({ ann: 2 })), commitRecord(1));
    await standsStill(product, 'full');
    await appendFlushes(deps, 0, ...closed(0, 10, { ann: 1 }));
    await until('the flush', () => product.status().applied === 1);
  });

  test('or that of the folds', async () => {
    const product = await start('kappa');
    await appendFlushes(deps, 0, ...closed(0, 10, { ann: 1 }));
    await until('the first lane', () => product.status().applied === 1);
    deps.store.beforeWrite = (table) => {
      if (table === 'base') throw new Error('full');
    };
    await appendFlushes(deps, 1, ...closed(1, 10, {}));
    await standsStill(product, 'full');
  });

  test('or the watch', async () => {
    const product = await start('lambda');
    await settle();
    deps.store.snapshot = () => Promise.reject(new Error('gone'));
    await deps.clock.advance(2000);
    await standsStill(product, 'gone');
  });
});

test('a product that is stopped is done, and lands nothing more', async () => {
  const product = await start('lambda');
  await product.stop();
  await product.done;
  await appendFlushes(deps, 0, ...closed(0, 10, { ann: 1 }));
  await deps.clock.advance(5000);
  expect(deps.store.commits).toBe(0);
});
