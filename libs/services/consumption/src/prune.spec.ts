import { MemoryStore } from '@tenon/testing';
import { STORE_KEYS, parseSpeedKey, pointerDocument } from '@tenon/contracts';
import type { Pointer } from '@tenon/domain';
import { cellKey, formatTimestamp } from '@tenon/domain';
import { prune } from './prune';
import { ManualClock, settle } from './testing/manual-clock';
import { HOUR, LAYOUT, PRODUCT, idOfCell, layoutFor, pointerOf, rows } from './testing/sales';

let store: MemoryStore;
let clock: ManualClock;
beforeEach(() => {
  store = new MemoryStore();
  clock = new ManualClock();
});

const SPEED = { k: [], s: [1] };

async function putEpoch(epoch: number, partition: number, product = PRODUCT): Promise<void> {
  await store.put('meta', STORE_KEYS.progress(product, epoch, partition), { v: 1 });
  await store.put('speed', STORE_KEYS.speed(product, epoch, partition) + idOfCell('ann'), SPEED);
}

const putBase = (line: number, product = PRODUCT) =>
  store.put('base', STORE_KEYS.base(product, line) + idOfCell('ann'), { k: [], v: [] });

const putAccount = (id: string, to: number, product = PRODUCT) =>
  store.put('meta', STORE_KEYS.range(product, id), { v: 1, landed: [], commit: null, to });

const pruned = (served: Partial<Pointer>, signal = new AbortController().signal): Promise<number> =>
  prune({ store, clock }, LAYOUT, pointerOf(served), signal);

/** What is left of speed, as `epoch/lane`. */
const epochsLeft = () =>
  store.keys('speed').map((key) => {
    const { epoch, lane } = parseSpeedKey(PRODUCT, key);
    return `${epoch}/${lane}`;
  });

const metaLeft = () => store.keys('meta');

test('epochs behind the pointer go, with their progress, in each lane for itself', async () => {
  for (const epoch of [0, 1, 2, 3]) for (const partition of [0, 1]) await putEpoch(epoch, partition);
  expect(await pruned({ generation: 2, epochs: { 'orders/0': 3, 'orders/1': 2 } })).toBe(10);
  expect(epochsLeft()).toEqual(['2/1', '3/0', '3/1']);
  expect(metaLeft()).toEqual([
    STORE_KEYS.progress(PRODUCT, 2, 1),
    STORE_KEYS.progress(PRODUCT, 3, 0),
    STORE_KEYS.progress(PRODUCT, 3, 1),
  ]);
});

test('a store that has one layer alone is pruned of that one', async () => {
  const served = pointerOf({ line: 1, generation: 2, epochs: { 'orders/0': 2, 'orders/1': 2 } });
  const pruneOf = (layer: 'batch' | 'speed') =>
    prune({ store, clock }, LAYOUT, served, new AbortController().signal, layer);
  await putEpoch(0, 0);
  await putBase(0);
  expect(await pruneOf('batch')).toBe(1);
  expect([store.keys('base'), epochsLeft()]).toEqual([[], ['0/0']]);
  await putBase(0);
  expect(await pruneOf('speed')).toBe(2);
  expect([store.keys('base').length, epochsLeft()]).toEqual([1, []]);
});

test('a lane that the pointer does not know keeps all that it has', async () => {
  await putEpoch(0, 0);
  await putEpoch(0, 1);
  await pruned({ generation: 1, epochs: { 'orders/0': 1 } });
  expect(epochsLeft()).toEqual(['0/1']);
});

test('what belongs to a lane that the product does not have is left alone', async () => {
  await putEpoch(0, 5_000_000);
  expect(await pruned({ generation: 1, epochs: { 'orders/0': 1, 'orders/1': 1 } })).toBe(0);
});

test('nothing goes before a generation is served', async () => {
  await putEpoch(0, 0);
  await putBase(0);
  expect(await pruned({})).toBe(0);
});

test('lines before the served one go, it and those that are being made stay', async () => {
  for (const line of [0, 1, 2, 3]) await putBase(line);
  expect(await pruned({ line: 2, generation: 4 })).toBe(2);
  expect(store.keys('base')).toEqual([2, 3].map((line) => STORE_KEYS.base(PRODUCT, line) + idOfCell('ann')));
});

test('accounts of ranges that were given up go; one that makes the served generation may be of a new line', async () => {
  await putAccount('old', 3);
  await putAccount('full', 4);
  await putAccount('next', 5);
  expect(await pruned({ generation: 4 })).toBe(1);
  expect(metaLeft()).toEqual([STORE_KEYS.range(PRODUCT, 'full'), STORE_KEYS.range(PRODUCT, 'next')]);
});

test('other products, other versions and the pointer are none of its business', async () => {
  for (const product of ['sales@2', 'sales@10', 'sale@1', 'returns@1']) {
    await putEpoch(0, 0, product);
    await putBase(0, product);
    await putAccount('old', 1, product);
  }
  await store.put('meta', STORE_KEYS.pointer(PRODUCT), { v: 2 });
  await store.put('meta', STORE_KEYS.consumed('tenon.flushes.sales.1', 0), 7);
  expect(await pruned({ line: 2, generation: 9, epochs: { 'orders/0': 9, 'orders/1': 9 } })).toBe(0);
});

describe('a little at a time', () => {
  beforeEach(async () => {
    await store.transact(async (tx) => {
      for (let i = 0; i < 600; i += 1)
        tx.put('base', `${STORE_KEYS.base(PRODUCT, 0)}${String(i).padStart(4, '0')}`, 1);
    });
  });

  test('with a pause after each as long as it took, and all goes', async () => {
    const before = store.commits;
    store.beforeCommit = () => clock.takes(10);
    const done = pruned({ line: 1, generation: 1 });
    await settle();
    expect(store.commits - before).toBe(1);
    await clock.advance(10);
    expect(store.commits - before).toBe(2);
    await clock.advance(10);
    expect(await done).toBe(600);
    expect(store.commits - before).toBe(3);
    expect(store.keys('base')).toEqual([]);
  });

  test('where it is stopped it deletes no more, and the next time the rest goes', async () => {
    const stopping = new AbortController();
    store.beforeCommit = () => stopping.abort();
    expect(await pruned({ line: 1, generation: 1 }, stopping.signal)).toBe(250);
    expect(store.keys('base')).toHaveLength(350);
    expect(await pruned({ line: 1, generation: 1 })).toBe(350);
  });
});

describe('generations that are kept', () => {
  const keep = (generation: number, before: number | null, line = 0) =>
    store.put('meta', STORE_KEYS.kept(PRODUCT, line, generation), {
      v: 1,
      pointer: pointerDocument(pointerOf({ line, generation })),
      before: before === null ? null : { line, generation: before },
    });
  const putPast = (line: number, generation: number) =>
    store.put('base', STORE_KEYS.past(PRODUCT, line, generation) + idOfCell('ann'), { k: [], v: [] });
  const two = layoutFor({ generations: 2 });
  const keptLeft = () => metaLeft().filter((key) => key.startsWith('kept/'));

  test('are as many as the product says, and what folds took out goes with those that need it', async () => {
    for (const generation of [1, 2, 3, 4]) {
      await keep(generation, generation === 1 ? null : generation - 1);
      await putPast(0, generation);
    }
    await putBase(0);
    const served = pointerOf({ generation: 4 });
    await store.put('meta', STORE_KEYS.pointer(PRODUCT), pointerDocument(served));
    await prune({ store, clock }, two, served, new AbortController().signal);
    expect(keptLeft()).toEqual([2, 3, 4].map((generation) => STORE_KEYS.kept(PRODUCT, 0, generation)));
    expect(store.keys('base')).toEqual([
      ...[3, 4].map((generation) => STORE_KEYS.past(PRODUCT, 0, generation) + idOfCell('ann')),
      STORE_KEYS.base(PRODUCT, 0) + idOfCell('ann'),
    ]);
  });

  test('keep their line as long as they are kept', async () => {
    for (const line of [0, 1]) await putBase(line);
    await keep(3, null);
    await store.put('meta', STORE_KEYS.kept(PRODUCT, 1, 4), {
      v: 1,
      pointer: pointerDocument(pointerOf({ line: 1, generation: 4 })),
      before: { line: 0, generation: 3 },
    });
    const served = pointerOf({ line: 1, generation: 4 });
    await store.put('meta', STORE_KEYS.pointer(PRODUCT), pointerDocument(served));
    await prune({ store, clock }, two, served, new AbortController().signal);
    expect(store.keys('base')).toHaveLength(2);
    await prune({ store, clock }, layoutFor({ generations: 0 }), served, new AbortController().signal);
    expect(keptLeft()).toEqual([STORE_KEYS.kept(PRODUCT, 1, 4)]);
    expect(store.keys('base')).toEqual([STORE_KEYS.base(PRODUCT, 1) + idOfCell('ann')]);
  });
});

describe('rows past the retention', () => {
  const layout = layoutFor({ retentionMicros: 5 * HOUR, generations: 1 });
  const keyOfHour = (hour: number, customer: string) =>
    STORE_KEYS.base(PRODUCT, 0) + idOfCell(customer, hour);
  const served = pointerOf({ generation: 3, horizon: 400 * HOUR });

  /** 600 rows of hours 0 … 599, the hour of one unknown, and what two generations show. */
  beforeEach(async () => {
    await store.transact(async (tx) => {
      for (let hour = 0; hour < 600; hour += 1)
        tx.put('base', keyOfHour(hour, 'ann'), {
          k: [formatTimestamp(hour * HOUR), 'ann'],
          v: [{ g: 1, s: [hour] }],
        });
      tx.put('base', STORE_KEYS.base(PRODUCT, 0) + cellKey(layout.types, [null, 'ann']), {
        k: [null, 'ann'],
        v: [{ g: 1, s: [1] }],
      });
      const before = pointerOf({ generation: 2, horizon: 300 * HOUR });
      for (const pointer of [before, served])
        tx.put('meta', STORE_KEYS.kept(PRODUCT, 0, pointer.generation), {
          v: 1,
          pointer: pointerDocument(pointer),
          before: pointer === served ? { line: 0, generation: 2 } : null,
        });
      tx.put('meta', STORE_KEYS.pointer(PRODUCT), pointerDocument(served));
    });
  });

  const left = () => store.keys('base').length;
  const pruneNow = () => {
    const done = prune({ store, clock }, layout, served, new AbortController().signal);
    return settled(done);
  };
  const settled = async (done: Promise<number>): Promise<number> => {
    let isOver = false;
    void done.finally(() => (isOver = true)).catch(() => undefined);
    while (!isOver) await clock.advance(1000);
    return done;
  };

  test('go once no generation shows them, and those of no window stay', async () => {
    const shown = await rows(store, layout);
    expect(Object.keys(shown)).toHaveLength(201);
    expect(await pruneNow()).toBe(300);
    expect(left()).toBe(301);
    expect(await rows(store, layout)).toEqual(shown);
    expect(await pruneNow()).toBe(0);
  });

  test('go of the served line too, while a generation of the one before is kept', async () => {
    const next = pointerOf({ line: 1, generation: 4, horizon: 450 * HOUR });
    const keyOf = (hour: number) => STORE_KEYS.base(PRODUCT, 1) + idOfCell('ann', hour);
    await store.transact(async (tx) => {
      for (const hour of [100, 399, 400, 449])
        tx.put('base', keyOf(hour), {
          k: [formatTimestamp(hour * HOUR), 'ann'],
          v: [{ g: 4, s: [hour] }],
        });
      tx.put('meta', STORE_KEYS.kept(PRODUCT, 1, 4), {
        v: 1,
        pointer: pointerDocument(next),
        before: { line: 0, generation: 3 },
      });
      tx.put('meta', STORE_KEYS.pointer(PRODUCT), pointerDocument(next));
    });
    await settled(prune({ store, clock }, layout, next, new AbortController().signal));
    expect(store.keys('base').filter((key) => key.startsWith(STORE_KEYS.base(PRODUCT, 1)))).toEqual(
      [400, 449].map(keyOf),
    );
  });

  test('whoever is killed between two steps has changed no answer, and the rest goes the next time', async () => {
    const shown = await rows(store, layout);
    for (const steps of [0, 1]) {
      let commits = 0;
      store.beforeCommit = () => {
        if (commits++ >= steps) throw new Error('killed');
      };
      await expect(pruneNow()).rejects.toThrow('killed');
      store.beforeCommit = () => undefined;
      expect(await rows(store, layout)).toEqual(shown);
    }
    expect(left()).toBe(601 - 249);
    await pruneNow();
    expect(left()).toBe(301);
    expect(await rows(store, layout)).toEqual(shown);
  });
});
