import { MemoryStore } from '@tenon/testing';
import type { BaseDocument } from '@tenon/contracts';
import { STORE_KEYS } from '@tenon/contracts';
import type { FoldTarget } from '@tenon/domain';
import { HOUR, LAYOUT, PRODUCT, cell, cells, idOfCell } from '../testing/sales';
import type { FoldedCell } from './fold-cells';
import { foldCells } from './fold-cells';

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

const target = (from: number, to: number, fields: Partial<FoldTarget> = {}): FoldTarget => ({
  ...{ line: 0, from, to, times: null },
  ...fields,
});

/** @param appended the barrier of the cut, microseconds */
const over = (watermark: number, appended = watermark): Partial<FoldTarget> => ({
  times: { watermark, cut: { 'orders/0': 5 }, barriers: { 'orders/0': appended / 1000 } },
});

const fold = (to: FoldTarget, some: readonly FoldedCell[]): Promise<void> =>
  store.transact((tx) => foldCells(tx, LAYOUT, to, some));

const keyOf = (customer: string, line = 0, hour = 0) =>
  STORE_KEYS.base(PRODUCT, line) + idOfCell(customer, hour);
const document = (customer: string, line = 0, hour = 0) =>
  store.get<BaseDocument>('base', keyOf(customer, line, hour));
const versions = (customer: string, line = 0, hour = 0) =>
  document(customer, line, hour)?.v.map(({ g, s, a }) => [g, s[0], ...(a ? ['amended'] : [])]);

test('a cell that is new is written as the texts that came, to the byte', async () => {
  await fold(target(0, 3), [
    { id: idOfCell('ann'), key: '["1970-01-01T00:00:00Z", "ann"]', states: '[ 15e-1 ]' },
  ]);
  expect(store.texts('base')).toEqual({
    [keyOf('ann')]: '{"k":["1970-01-01T00:00:00Z", "ann"],"v":[{"g":3,"s":[ 15e-1 ]}]}',
  });
});

test.each([
  { k: ['1970-01-01T00:00:00Z', 'ann'], v: [{ g: 1, s: [] }] },
  { k: ['1970-01-01T00:00:00Z', 'ann'], v: [{ g: 1, s: ['2'.repeat(3) + 'x'] }] },
  { k: ['1970-01-01T00:00:00Z', 'ann'], v: { g: 1, s: [2] } },
  { k: 'ann', v: [{ g: 1, s: [2] }] },
  ['ann'],
])('nothing is folded into what is no cell of the product: %j', async (damaged) => {
  await store.transact(async (tx) => tx.put('base', keyOf('ann'), damaged as never));
  await expect(fold(target(1, 2), cells({ ann: 3 }))).rejects.toMatchObject({
    ...{ code: 'document-damaged', table: 'base', key: keyOf('ann'), product: PRODUCT },
  });
});

test('a cell that is there gets a version more, which is the sum of both', async () => {
  await fold(target(0, 1), cells({ ann: 2, bob: 1 }));
  await fold(target(1, 2), cells({ ann: 3, cy: 4 }));
  expect(versions('ann')).toEqual([
    [2, 5],
    [1, 2],
  ]);
  expect(versions('bob')).toEqual([[1, 1]]);
  expect(versions('cy')).toEqual([[2, 4]]);
});

test('versions that no reader can see any more go with the next one', async () => {
  for (let generation = 0; generation < 5; generation += 1)
    await fold(target(generation, generation + 1), cells({ ann: 1 }));
  expect(versions('ann')).toEqual([
    [5, 5],
    [4, 4],
  ]);
});

test('folding the same again writes the same', async () => {
  await fold(target(0, 1), cells({ ann: 2 }));
  await fold(target(1, 2), cells({ ann: 3, cy: 4 }));
  const before = store.texts('base');
  await fold(target(1, 2), cells({ ann: 3, cy: 4 }));
  expect(store.texts('base')).toEqual(before);
});

test('a cell that comes twice in a part is the sum of both, new or not, and again if it is repeated', async () => {
  const twice = [cell('ann', 2), cell('bob', 1), { ...cell('ann', 0), states: [3] }, cell('ann', 4)];
  await fold(target(0, 1), twice);
  expect([versions('ann'), versions('bob')]).toEqual([[[1, 9]], [[1, 1]]]);
  for (let times = 0; times < 2; times += 1) {
    await fold(target(1, 2), twice);
    expect(versions('ann')?.[0]).toEqual([2, 18]);
  }
});

test('states give the document that their text gives', async () => {
  const asStates = { ...cell('ann', 0), states: [3] };
  await fold(target(0, 1), [asStates]);
  const fresh = store.texts('base');
  await fold(target(1, 2), [asStates]);
  const added = store.texts('base');
  store = new MemoryStore();
  await fold(target(0, 1), [cell('ann', 3)]);
  expect(store.texts('base')).toEqual(fresh);
  await fold(target(1, 2), [cell('ann', 3)]);
  expect(store.texts('base')).toEqual(added);
});

describe('a cell whose window was over before', () => {
  beforeEach(() => fold(target(0, 1), [cell('ann', 2, 0), cell('ann', 2, 1)]));

  test('is marked as amended, and stays so', async () => {
    await fold(target(1, 2, over(HOUR)), [cell('ann', 1, 0), cell('ann', 1, 1)]);
    expect(versions('ann', 0, 0)).toEqual([
      [2, 3, 'amended'],
      [1, 2],
    ]);
    expect(versions('ann', 0, 1)?.[0]).toEqual([2, 3]);
    await fold(target(2, 3), [cell('ann', 1, 0)]);
    expect(versions('ann', 0, 0)?.[0]).toEqual([3, 4, 'amended']);
  });

  test('is not if it is new: there was no row that could have been final', async () => {
    await fold(target(1, 2, over(5 * HOUR)), [cell('bob', 1, 0)]);
    expect(versions('bob')).toEqual([[2, 1]]);
  });

  test('is not while the watermark stands within it', async () => {
    await fold(target(1, 2, over(HOUR - 1)), [cell('ann', 1, 0)]);
    expect(versions('ann', 0, 0)?.[0]).toEqual([2, 3]);
  });

  test('is not while the time of the cut stands within it', async () => {
    await fold(target(1, 2, over(5 * HOUR, HOUR - 1000)), [cell('ann', 1, 0)]);
    expect(versions('ann', 0, 0)?.[0]).toEqual([2, 3]);
  });
});

test('another line begins from nothing, and leaves the served one alone', async () => {
  await fold(target(0, 1), cells({ ann: 2 }));
  await fold(target(0, 1, { line: 1 }), cells({ ann: 7 }));
  expect(versions('ann', 0)).toEqual([[1, 2]]);
  expect(versions('ann', 1)).toEqual([[1, 7]]);
});

test('versions of another run beside this one stay: either may be the one that is served', async () => {
  await fold(target(0, 1), cells({ ann: 1 }));
  await fold(target(1, 3), cells({ ann: 9 }));
  await fold(target(1, 2), cells({ ann: 4 }));
  expect(versions('ann')).toEqual([
    [3, 10],
    [2, 5],
    [1, 1],
  ]);
});
