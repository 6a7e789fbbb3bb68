import { MemoryStore } from '@tenon/testing';
import type { ProgressDocument } from '@tenon/contracts';
import { STORE_KEYS, pointerDocument } from '@tenon/contracts';
import {
  LAYOUT,
  PRODUCT,
  flushOf,
  idOfCell,
  ledger,
  pointerOf,
  rows,
  servePointer,
  whole,
} from '../testing/sales';
import type { LandedFlushes, WholeFlush } from './flushes';
import { HINT_CELLS, landFlush, landFlushes } from './flushes';

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

const land = (...flushes: readonly WholeFlush[]): Promise<LandedFlushes> =>
  store.transact((tx) => landFlushes(tx, LAYOUT, flushes));

const progress = (epoch = 0, partition = 0) =>
  store.get<ProgressDocument>('meta', STORE_KEYS.progress(PRODUCT, epoch, partition));

const outcomes = ({ counts }: LandedFlushes) => [counts.applied, counts.stale, counts.gap];

describe('a flush lands', () => {
  test('where its epoch begins, and then where the one before ended', async () => {
    expect(outcomes(await land(whole({ to: 3 }, { ann: 2, bob: 1 })))).toEqual([1, 0, 0]);
    expect(outcomes(await land(whole({ from: 3, to: 5 }, { ann: 4 })))).toEqual([1, 0, 0]);
    expect(await rows(store)).toEqual({ ann: 4, bob: 1 });
    expect(progress()?.next).toBe(5);
  });

  test('in an epoch that begins in the middle of the log, only from its first offset on', async () => {
    await servePointer(store, { generation: 2, epochs: { 'orders/0': 2 }, cut: { 'orders/0': 20 } });
    expect(outcomes(await land(whole({ epoch: 2, start: 20, from: 21, to: 25 }, { ann: 1 })))).toEqual([
      0, 0, 1,
    ]);
    expect(outcomes(await land(whole({ epoch: 2, start: 20, from: 20, to: 25 }, { ann: 3 })))).toEqual([
      1, 0, 0,
    ]);
    expect(await rows(store)).toEqual({ ann: 3 });
  });

  test('right after another of its lane that lands in the same transaction', async () => {
    const landed = await land(whole({ to: 3 }, { ann: 2 }), whole({ from: 3, to: 5 }, { ann: 3 }));
    expect(outcomes(landed)).toEqual([2, 0, 0]);
    expect(await rows(store)).toEqual({ ann: 3 });
  });

  test('beside those of another lane, whose cells are merged with it', async () => {
    await land(whole({ to: 3 }, { ann: 2 }), whole({ partition: 1, to: 4 }, { ann: 3, cy: 1 }));
    expect(await rows(store)).toEqual({ ann: 5, cy: 1 });
    expect([progress(0, 0)?.next, progress(0, 1)?.next]).toEqual([3, 4]);
  });

  test('with all that a reader of its epoch needs', async () => {
    const end = { closed: true, closedAt: 8, ledger: ledger(6), watermark: 7, next: 4 };
    await land(whole({ to: 6, end }));
    expect(progress()).toEqual({
      ...{ v: 1, start: 0, next: 6 },
      ...{ closed: true, closedAt: 8, ledger: ledger(6), watermark: 7, nextEpoch: 4, orders: '1' },
    });
  });

  test('as the texts that came, to the byte', async () => {
    const texts = { id: idOfCell('ann'), key: '["1970-01-01T00:00:00Z", "ann"]', states: '[ 1.50e1 ]' };
    await land({ message: flushOf({ to: 1 }), cells: [texts] });
    expect(Object.values(store.texts('speed'))).toEqual([
      '{"k":["1970-01-01T00:00:00Z", "ann"],"s":[ 1.50e1 ]}',
    ]);
  });
});

describe('what changes nothing', () => {
  beforeEach(async () => {
    await land(whole({ to: 5 }, { ann: 4, bob: 1 }));
  });

  test.each([
    ['the same again', { to: 5 }],
    ['an earlier one, late from a zombie', { to: 3 }],
    ['a part of what has landed', { from: 2, to: 4 }],
  ])('%s', async (_, fields) => {
    const before = store.texts('speed');
    const landed = await land(whole(fields, { ann: 1, zoe: 1 }));
    expect(outcomes(landed)).toEqual([0, 1, 0]);
    expect([...landed.gaps]).toEqual([]);
    expect(store.texts('speed')).toEqual(before);
    expect(progress()?.next).toBe(5);
  });

  test('one that does not join on: its lane is named, and what comes in between heals it', async () => {
    const late = await land(whole({ from: 7, to: 9 }, { ann: 9 }), whole({ partition: 1, to: 2 }, { cy: 2 }));
    expect(outcomes(late)).toEqual([1, 0, 1]);
    expect([...late.gaps]).toEqual(['orders/0']);
    expect(await rows(store)).toEqual({ ann: 4, bob: 1, cy: 2 });
    expect(outcomes(await land(whole({ to: 9 }, { ann: 8, bob: 1 })))).toEqual([1, 0, 0]);
    expect(await rows(store)).toEqual({ ann: 8, bob: 1, cy: 2 });
  });

  test('one without its end', async () => {
    const { end: _, ...head } = flushOf({ from: 5, to: 7 });
    expect(await store.transact((tx) => landFlush(tx, LAYOUT, head, []))).toBe('stale');
    expect(progress()?.next).toBe(5);
  });
});

test("a zombie's flush that reaches further than what has landed is as good as any: states are absolute", async () => {
  await land(whole({ to: 3 }, { ann: 2 }));
  await land(whole({ from: 1, to: 6 }, { ann: 5 }));
  expect(await rows(store)).toEqual({ ann: 5 });
  expect(progress()?.next).toBe(6);
});

test('epochs behind the pointer do not land, in each lane for itself', async () => {
  const epochs = { 'orders/0': 3, 'orders/1': 2 };
  await servePointer(store, { generation: 2, epochs, cut: { 'orders/0': 20, 'orders/1': 20 } });
  const behind = whole({ epoch: 2, start: 20, from: 20, to: 22 }, { ann: 1 });
  expect(outcomes(await land(behind))).toEqual([0, 1, 0]);
  expect(store.keys('speed')).toEqual([]);
  const other = whole({ partition: 1, epoch: 2, start: 20, from: 20, to: 22 }, { ann: 1 });
  expect(outcomes(await land(other))).toEqual([1, 0, 0]);
});

test('a pointer that moves while a flush lands is seen: the epoch is behind it by then', async () => {
  let moved = false;
  store.beforeCommit = async () => {
    if (moved) return;
    moved = true;
    await servePointer(store, { generation: 1, epochs: { 'orders/0': 1 }, cut: { 'orders/0': 3 } });
  };
  expect(outcomes(await land(whole({ to: 3 }, { ann: 1 })))).toEqual([0, 1, 0]);
  expect(store.keys('speed')).toEqual([]);
});

describe('what is told', () => {
  test('which offsets changed which cells, from where the first joined on to the end of the last', async () => {
    await land(whole({ to: 3 }));
    const landed = await land(
      whole({ from: 3, to: 5 }, { ann: 1 }),
      whole({ from: 5, to: 9 }, { bob: 1 }),
      whole({ partition: 1, to: 2 }, { cy: 1 }),
    );
    expect(landed.covers).toEqual({ 'orders/0': [3, 9], 'orders/1': [0, 2] });
    expect(landed.cells).toEqual([idOfCell('ann'), idOfCell('bob'), idOfCell('cy')]);
  });

  test('nothing of what did not land', async () => {
    await land(whole({ to: 3 }));
    const landed = await land(whole({ to: 2 }, { ann: 1 }), whole({ from: 4, to: 9 }, { bob: 1 }));
    expect(landed).toMatchObject({ cells: [], covers: {}, closed: false });
  });

  test('cells only up to a number of them', async () => {
    const many = Object.fromEntries(Array.from({ length: HINT_CELLS + 50 }, (_, i) => [`c${i}`, 1]));
    const landed = await land(whole({ to: 3 }, many));
    expect(landed.cells.length).toBe(HINT_CELLS + 1);
    expect(store.keys('speed')).toHaveLength(HINT_CELLS + 50);
  });

  test('that an epoch has closed, if that flush landed', async () => {
    expect((await land(whole({ to: 3 }))).closed).toBe(false);
    expect((await land(whole({ from: 4, to: 5, end: { closed: true } }))).closed).toBe(false);
    expect((await land(whole({ from: 3, to: 5, end: { closed: true } }))).closed).toBe(true);
  });
});

test('where the store fails half-way nothing has landed, neither cells nor how far it is', async () => {
  await land(whole({ to: 3 }, { ann: 1 }));
  const before = [store.texts('meta'), store.texts('speed')];
  store.beforeWrite = (_, key) => {
    if (key.endsWith(idOfCell('cy'))) throw new Error('full');
  };
  await expect(land(whole({ from: 3, to: 5 }, { ann: 2, cy: 1 }))).rejects.toThrow('full');
  expect([store.texts('meta'), store.texts('speed')]).toEqual(before);
});

test.each([
  ['pointer', STORE_KEYS.pointer(PRODUCT), { ...pointerDocument(pointerOf()), v: 99 }],
  ['progress', STORE_KEYS.progress(PRODUCT, 0, 0), { v: 99, start: 0, next: 0 }],
])('a %s of a newer release stops the landing', async (_, key, document) => {
  await store.put('meta', key, document);
  await expect(land(whole({ to: 3 }, { ann: 1 }))).rejects.toMatchObject({ code: 'unsupported-version' });
  expect(store.keys('speed')).toEqual([]);
});

test('a store that is far away is asked once for all that flushes are judged by', async () => {
  const asked: string[][] = [];
  await store.transact(async (tx) => {
    const getMany: typeof tx.getMany = (table, keys) => {
      asked.push([...keys]);
      return tx.getMany(table, keys);
    };
    const spied = Object.assign(Object.create(tx) as typeof tx, { getMany });
    return landFlushes(spied, LAYOUT, [
      whole({ to: 2 }),
      whole({ from: 2, to: 3 }),
      whole({ partition: 1, to: 1 }),
    ]);
  });
  expect(asked).toEqual([
    [STORE_KEYS.pointer(PRODUCT), STORE_KEYS.progress(PRODUCT, 0, 0), STORE_KEYS.progress(PRODUCT, 0, 1)],
  ]);
});
