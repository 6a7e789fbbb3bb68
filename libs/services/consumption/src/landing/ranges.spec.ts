/** A range that lands as it should: in any order, by anybody, as often as one likes. What must not land: ranges-stale.spec.ts. */
import { MemoryStore } from '@tenon/testing';
import type { RangeAccountDocument } from '@tenon/contracts';
import { STORE_KEYS } from '@tenon/contracts';
import type { Pointer } from '@tenon/domain';
import fc from 'fast-check';
import type { CommitFields, RangeFields } from '../testing/sales';
import {
  BARRIER_AT,
  LAYOUT,
  PRODUCT,
  cells,
  commitOf,
  ledger,
  rows,
  servedPointer,
  sliceOf,
} from '../testing/sales';
import type { LandedPart } from './ranges';
import { landCommit, landSlice } from './ranges';

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

type Counts = Readonly<Record<string, number>>;
const AT = 77;

const slice = (number: number, counts: Counts, fields: RangeFields = {}, whole = true): Promise<LandedPart> =>
  store.transact((tx) => landSlice(tx, LAYOUT, sliceOf(number, fields), cells(counts), whole, AT));

const commit = (slices: number, fields: CommitFields = {}): Promise<LandedPart> =>
  store.transact((tx) => landCommit(tx, LAYOUT, commitOf(slices, fields), AT));

const account = () => store.get<RangeAccountDocument>('meta', STORE_KEYS.range(PRODUCT, 'r'));

const NOTHING_YET: LandedPart = { stale: null, moved: null };
const MOVED = { stale: null, moved: { generation: 1 } };

describe('whoever lands the last of a range moves the pointer, be it', () => {
  test('the commit', async () => {
    expect(await slice(0, { ann: 1 })).toEqual(NOTHING_YET);
    expect(await slice(1, { bob: 2 })).toEqual(NOTHING_YET);
    expect(await rows(store)).toEqual({});
    expect(await commit(2)).toMatchObject(MOVED);
    expect(await rows(store)).toEqual({ ann: 1, bob: 2 });
  });

  test('a slice, with the commit first', async () => {
    expect(await commit(2)).toEqual(NOTHING_YET);
    expect(await slice(1, { bob: 2 })).toEqual(NOTHING_YET);
    expect(await slice(0, { ann: 1 })).toMatchObject(MOVED);
    expect(await rows(store)).toEqual({ ann: 1, bob: 2 });
  });

  test('a slice, with the commit in the middle', async () => {
    expect(await slice(1, { bob: 2 })).toEqual(NOTHING_YET);
    expect(await commit(2)).toEqual(NOTHING_YET);
    expect(await slice(0, { ann: 1 })).toMatchObject(MOVED);
  });

  test('the commit of a range that has no slice', async () => {
    expect(await commit(0)).toMatchObject(MOVED);
  });
});

test('a part of a slice makes nothing whole: only with its last part it is accounted for', async () => {
  await commit(1);
  expect(await slice(0, { ann: 1 }, {}, false)).toEqual(NOTHING_YET);
  expect(account()?.landed).toEqual([]);
  expect(await slice(0, { bob: 2 })).toMatchObject(MOVED);
  expect(await rows(store)).toEqual({ ann: 1, bob: 2 });
});

test('a slice that comes again counts once: another one is still missing', async () => {
  await commit(2);
  await slice(0, { ann: 1 });
  expect(await slice(0, { ann: 1 })).toEqual(NOTHING_YET);
  expect(account()?.landed).toEqual([0]);
  expect(await rows(store)).toEqual({});
});

test('a slice beyond those that the commit counts stands for none of them', async () => {
  await slice(5, { zoe: 1 });
  await commit(1);
  expect(await rows(store)).toEqual({});
  expect(await slice(0, { ann: 1 })).toMatchObject(MOVED);
});

test('the account says what has landed, and what is deleted with the last of it', async () => {
  await slice(1, { bob: 2 });
  expect(account()).toEqual({ v: 1, landed: [1], commit: null, orders: '1', to: 1 });
  const { slices, cut, epochs, barriers, watermark, ledger: counts } = commitOf(2);
  await commit(2);
  expect(account()).toEqual({
    ...{ v: 1, landed: [1], orders: '1', to: 1 },
    commit: { slices, cut, epochs, barriers, watermark, ledger: counts },
  });
  await slice(0, { ann: 1 });
  expect(account()).toBeUndefined();
  expect(await slice(0, { ann: 1 })).toMatchObject({ stale: { generation: 1 }, moved: null });
  expect(account()).toBeUndefined();
});

test('the pointer says where the view ends, and since when it is served', async () => {
  await slice(0, { ann: 1 }, { to: 2 });
  const { moved } = await commit(1, { to: 2, watermark: 7, ledger: ledger(9) });
  const expected: Pointer = {
    ...{ line: 0, generation: 2, at: AT, hash: 'h1', watermark: 7, ledger: ledger(9) },
    ...{ cut: { 'orders/0': 20, 'orders/1': 20 }, epochs: { 'orders/0': 2, 'orders/1': 2 }, orders: '1' },
    barriers: { 'orders/0': BARRIER_AT, 'orders/1': BARRIER_AT },
  };
  expect(moved).toEqual(expected);
  expect(servedPointer(store)).toEqual({ v: 2, ...expected });
});

describe('the next range', () => {
  beforeEach(async () => {
    await slice(0, { ann: 1 });
    await commit(1, { ledger: ledger(10), watermark: 5 });
  });

  test('adds to the view and to its ledger, where it is incremental', async () => {
    await slice(0, { ann: 2, bob: 1 }, { range: 'r2', from: 1, to: 2 });
    expect(await rows(store)).toEqual({ ann: 1 });
    const { moved } = await commit(1, { range: 'r2', from: 1, to: 2, ledger: ledger(3), watermark: 4 });
    expect(moved).toMatchObject({ generation: 2, ledger: ledger(13), watermark: 5 });
    expect(await rows(store)).toEqual({ ann: 3, bob: 1 });
  });

  test('begins a line from nothing, where it is full', async () => {
    const full = { range: 'r2', full: true, line: 1, from: 0, to: 2 };
    await slice(0, { bob: 6 }, full);
    expect(await rows(store)).toEqual({ ann: 1 });
    const { moved } = await commit(1, { ...full, ledger: ledger(3), watermark: 4 });
    expect(moved).toMatchObject({ line: 1, generation: 2, ledger: ledger(3), watermark: 4 });
    expect(await rows(store)).toEqual({ bob: 6 });
  });
});

test('where the store fails half-way no part has landed, and the range is as it was', async () => {
  await commit(1);
  const before = [store.texts('meta'), store.texts('base')];
  store.beforeWrite = (_, key) => {
    if (key === STORE_KEYS.pointer(PRODUCT)) throw new Error('full');
  };
  await expect(slice(0, { ann: 1 })).rejects.toThrow('full');
  expect([store.texts('meta'), store.texts('base')]).toEqual(before);
  store.beforeWrite = () => undefined;
  expect(await slice(0, { ann: 1 })).toMatchObject(MOVED);
});

test('an account of a newer release stops the landing', async () => {
  await store.put('meta', STORE_KEYS.range(PRODUCT, 'r'), { v: 99 });
  await expect(slice(0, { ann: 1 })).rejects.toMatchObject({ code: 'unsupported-version' });
  await expect(commit(1)).rejects.toMatchObject({ code: 'unsupported-version' });
});

test('however a range is divided, in whatever order its parts land, and how often, and by how many at once', async () => {
  const counts = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`c${i}`, i + 1]));
  const someParts = fc.record({
    /** Customer → slice. */
    division: fc.array(fc.nat(3), { minLength: 9, maxLength: 9 }),
    /** Which step each lander takes next, as a place among those that are left. */
    order: fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 }),
    repeated: fc.array(fc.nat(4), { maxLength: 3 }),
    atOnce: fc.integer({ min: 1, max: 3 }),
    cellsOfPart: fc.integer({ min: 1, max: 9 }),
  });
  await fc.assert(
    fc.asyncProperty(someParts, async ({ division, order, repeated, atOnce, cellsOfPart }) => {
      store = new MemoryStore();
      const landSliceInParts = (number: number) => async () => {
        const own = cells(counts).filter((_, i) => division[i] === number);
        let moved = 0;
        for (let at = 0; at === 0 || at < own.length; at += cellsOfPart) {
          const part = own.slice(at, at + cellsOfPart);
          const last = at + cellsOfPart >= own.length;
          const landed = await store.transact((tx) => landSlice(tx, LAYOUT, sliceOf(number), part, last, AT));
          if (landed.moved !== null) moved += 1;
        }
        return moved;
      };
      const landTheCommit = async () => ((await commit(4)).moved === null ? 0 : 1);
      const steps = [0, 1, 2, 3].map(landSliceInParts).concat(landTheCommit);
      const left = [...steps, ...repeated.map((one) => steps[one] as () => Promise<number>)];
      let moved = 0;
      while (left.length > 0) {
        const taken = Array.from({ length: Math.min(atOnce, left.length) }, () => {
          const [step] = left.splice((order.pop() ?? 0) % left.length, 1);
          return step as () => Promise<number>;
        });
        if (moved === 0) expect(await rows(store)).toEqual({});
        for (const one of await Promise.all(taken.map((step) => step()))) moved += one;
      }
      expect(moved).toBe(1);
      expect(await rows(store)).toEqual(counts);
      expect(account()).toBeUndefined();
    }),
    { numRuns: 150 },
  );
});
