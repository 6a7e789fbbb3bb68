import { MemoryStore } from '@tenon/testing';
import { parseSpeedKey } from '@tenon/contracts';
import type { Pointer } from '@tenon/domain';
import type { WholeFlush } from '../landing/flushes';
import { landFlushes } from '../landing/flushes';
import { prune } from '../prune';
import { ManualClock, settle } from '../testing/manual-clock';
import {
  BARRIER_AT,
  HOUR,
  cell,
  flushOf,
  layoutFor,
  ledger,
  rows,
  servePointer,
  servedPointer,
  whole,
} from '../testing/sales';
import { foldClosedEpochs } from './fold-closed';

const LAYOUT = layoutFor({ topology: 'kappa' });

let store: MemoryStore;
let clock: ManualClock;
beforeEach(() => {
  store = new MemoryStore();
  clock = new ManualClock();
});

const land = (...flushes: readonly WholeFlush[]) => store.transact((tx) => landFlushes(tx, LAYOUT, flushes));

const fold = (foldCells = 1000, signal = new AbortController().signal): Promise<Pointer | null> =>
  foldClosedEpochs({ store, clock, config: { foldCells } }, LAYOUT, signal);

type Counts = Readonly<Record<string, number>>;

/** A whole epoch of a lane, in the offsets [start, to). */
const epoch = (
  partition: number,
  number: number,
  start: number,
  to: number,
  counts: Counts,
  next = number + 1,
) => whole({ partition, epoch: number, start, from: start, to, end: { closed: true, next } }, counts);

/** Epoch 0 of both lanes is closed, and epoch 1 has begun. */
const landFirst = () =>
  land(
    epoch(0, 0, 0, 10, { ann: 1, bob: 2 }),
    epoch(1, 0, 0, 20, { bob: 3, cy: 4 }),
    whole({ partition: 0, epoch: 1, start: 10, from: 10, to: 11 }, { ann: 1 }),
  );

const FIRST = { ann: 1, bob: 5, cy: 4 };

test('there is nothing to fold while a lane has not left its epoch', async () => {
  expect(await fold()).toBeNull();
  await land(epoch(0, 0, 0, 10, { ann: 1 }), whole({ partition: 1, to: 20 }, { bob: 3 }));
  expect(await fold()).toBeNull();
  expect(store.keys('base')).toEqual([]);
});

test('the closed epochs of all lanes become the base view, and nothing counts twice', async () => {
  await landFirst();
  const all = { ...FIRST, ann: 2 };
  expect(await rows(store, LAYOUT)).toEqual(all);
  const pointer = await fold();
  expect(pointer).toEqual({
    ...{ line: 0, generation: 1, at: clock.now(), hash: 'h1', watermark: null, ledger: ledger(30) },
    ...{ cut: { 'orders/0': 10, 'orders/1': 20 }, epochs: { 'orders/0': 1, 'orders/1': 1 }, orders: '1' },
    barriers: { 'orders/0': BARRIER_AT, 'orders/1': BARRIER_AT },
  });
  expect(servedPointer(store)).toEqual({ v: 2, ...pointer });
  expect(await rows(store, LAYOUT, 'batch')).toEqual(FIRST);
  expect(await rows(store, LAYOUT)).toEqual(all);
});

test('folding again folds nothing', async () => {
  await landFirst();
  await fold();
  const { commits } = store;
  expect(await fold()).toBeNull();
  expect(store.commits).toBe(commits);
});

test('several epochs of several lanes at once are merged cell by cell', async () => {
  await landFirst();
  await land(
    epoch(0, 1, 10, 15, { ann: 4, dan: 1 }),
    epoch(1, 1, 20, 21, { bob: 1 }),
    epoch(1, 2, 21, 30, { bob: 1, cy: 1 }),
  );
  expect(await fold()).toMatchObject({
    generation: 2,
    cut: { 'orders/0': 15, 'orders/1': 21 },
    ledger: ledger(36),
  });
  expect(await rows(store, LAYOUT, 'batch')).toEqual({ ann: 5, bob: 6, cy: 4, dan: 1 });
  expect(await rows(store, LAYOUT)).toEqual({ ann: 5, bob: 7, cy: 5, dan: 1 });
});

test('in a lane whose barriers skipped numbers the cut lies where its next epoch begins', async () => {
  await land(
    epoch(0, 0, 0, 10, { ann: 1 }, 7),
    epoch(1, 0, 0, 20, { bob: 3 }),
    epoch(1, 1, 20, 25, { bob: 1 }, 3),
  );
  const pointer = await fold();
  expect(pointer).toMatchObject({
    ...{ generation: 3, ledger: ledger(35) },
    ...{ cut: { 'orders/0': 10, 'orders/1': 25 }, epochs: { 'orders/0': 7, 'orders/1': 3 } },
  });
  await land(whole({ partition: 0, epoch: 7, start: 10, from: 10, to: 11 }, { ann: 1 }));
  await land(epoch(1, 3, 25, 26, { bob: 1 }));
  expect(await rows(store, LAYOUT)).toEqual({ ann: 2, bob: 5 });
  // What was folded before is not pruned yet, and counts no second time.
  expect(await fold()).toMatchObject({
    ...{ generation: 4, ledger: ledger(36) },
    epochs: { 'orders/0': 7, 'orders/1': 4 },
  });
  expect(await rows(store, LAYOUT)).toEqual({ ann: 2, bob: 5 });
});

test('an epoch behind which something went missing holds the fold back', async () => {
  await land(epoch(0, 0, 0, 10, { ann: 1 }), epoch(0, 1, 11, 15, { ann: 9 }), epoch(1, 0, 0, 20, {}));
  await land(epoch(1, 1, 20, 21, {}));
  expect(await fold()).toMatchObject({ generation: 1 });
  expect(await rows(store, LAYOUT, 'batch')).toEqual({ ann: 1 });
});

test('rows of windows that were over at the pointer are amended', async () => {
  const one = (number: number, start: number, watermark: number): WholeFlush => ({
    message: flushOf({
      ...{ epoch: number, start, from: start, to: start + 1 },
      end: { closed: true, watermark },
    }),
    cells: [cell('ann', 1, 0)],
  });
  const other = (number: number) => epoch(1, number, number, number + 1, {});
  await land(one(0, 0, 2 * HOUR), other(0));
  expect(await fold()).toMatchObject({ watermark: 2 * HOUR });
  await land(one(1, 1, HOUR), other(1));
  expect(await fold()).toMatchObject({ watermark: 2 * HOUR });
  expect(Object.values(store.texts('base'))).toEqual([
    '{"k":["1970-01-01T00:00:00Z","ann"],"v":[{"g":2,"s":[2],"a":true},{"g":1,"s":[1]}]}',
  ]);
});

describe('in parts', () => {
  test('each is a transaction of its own, and nobody sees one before the pointer moves', async () => {
    await landFirst();
    const before = store.commits;
    const seen: unknown[] = [];
    store.beforeCommit = async () => void seen.push(await rows(store, LAYOUT, 'batch'));
    await fold(2);
    expect(store.commits - before).toBe(3);
    expect(seen).toEqual([{}, {}, {}]);
    expect(await rows(store, LAYOUT, 'batch')).toEqual(FIRST);
  });

  test('as many as there are whole ones, and one that is empty, come to the same', async () => {
    await landFirst();
    await fold(3);
    expect(await rows(store, LAYOUT, 'batch')).toEqual(FIRST);
  });

  test('after each it pauses as long as that took', async () => {
    await landFirst();
    store.beforeCommit = () => clock.takes(30);
    const folded = fold(2);
    await settle();
    expect(clock.slept).toEqual([30]);
    await clock.advance(30);
    expect(clock.slept).toEqual([30, 30]);
    await clock.advance(30);
    expect(await folded).toMatchObject({ generation: 1 });
  });

  test('a crash in between leaves rows that nobody sees, and the next call writes them again', async () => {
    await landFirst();
    let commits = 0;
    store.beforeCommit = () => {
      commits += 1;
      if (commits === 2) throw new Error('crash');
    };
    await expect(fold(2)).rejects.toThrow('crash');
    expect(store.keys('base')).toHaveLength(2);
    expect(await rows(store, LAYOUT)).toEqual({ ...FIRST, ann: 2 });
    expect(await fold(2)).toMatchObject({ generation: 1 });
    expect(await rows(store, LAYOUT)).toEqual({ ...FIRST, ann: 2 });
  });

  test('where it is stopped it leaves the pointer where it is', async () => {
    await landFirst();
    const stopping = new AbortController();
    store.beforeCommit = () => stopping.abort();
    expect(await fold(2, stopping.signal)).toBeNull();
    expect(store.keys('base')).toHaveLength(2);
    expect(servedPointer(store)).toEqual({});
  });
});

describe('where another instance is quicker', () => {
  const quicker = async () => {
    store.beforeCommit = () => undefined;
    await fold();
  };

  test.each([
    ['before its first part', 1],
    ['between two parts', 2],
    ['before it moves the pointer', 3],
  ])('%s, it gives up and changes nothing', async (_, at) => {
    await landFirst();
    let commits = 0;
    store.beforeCommit = () => {
      commits += 1;
      return commits === at ? quicker() : undefined;
    };
    expect(await fold(2)).toBeNull();
    expect(servedPointer(store)).toMatchObject({ generation: 1, ledger: ledger(30) });
    expect(await rows(store, LAYOUT)).toEqual({ ...FIRST, ann: 2 });
  });

  test('and is pruning what was folded, what is half gone by then is not written over it', async () => {
    await landFirst();
    store.beforeCommit = () => clock.takes(30);
    const folded = fold(1);
    await settle();
    await quicker();
    await store.transact(async (tx) => {
      for (const key of store.keys('speed'))
        if (parseSpeedKey(LAYOUT.product, key).lane === 1) tx.delete('speed', key);
    });
    await clock.advance(30);
    expect(await folded).toBeNull();
    expect(await rows(store, LAYOUT)).toEqual({ ...FIRST, ann: 2 });
  });

  test('and what was folded is pruned meanwhile, what it read of that lands nowhere', async () => {
    await landFirst();
    let first = true;
    store.beforeCommit = async () => {
      if (!first) return;
      first = false;
      await quicker();
      await prune({ store, clock }, LAYOUT, servedPointer(store) as Pointer, new AbortController().signal);
    };
    expect(await fold(2)).toBeNull();
    expect(await rows(store, LAYOUT)).toEqual({ ...FIRST, ann: 2 });
  });
});

test.each([
  ['generation', { generation: 1 }],
  ['line', { line: 1 }],
])('a pointer that another has moved to another %s meanwhile stays where it is', async (_, fields) => {
  await landFirst();
  let first = true;
  store.beforeCommit = async () => {
    if (!first) return;
    first = false;
    await servePointer(store, fields);
  };
  expect(await fold()).toBeNull();
  expect(servedPointer(store)).toMatchObject({ generation: 0, line: 0, ...fields });
});
