/** Ranges of the past, or of another base: what lands of them, and what must not. */
import { MemoryStore } from '@tenon/testing';
import { STORE_KEYS } from '@tenon/contracts';
import type { CommitFields, RangeFields } from '../testing/sales';
import {
  LAYOUT,
  PRODUCT,
  cells,
  commitOf,
  rows,
  servePointer,
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

const slice = (number: number, counts: Counts, fields: RangeFields, whole = true): Promise<LandedPart> =>
  store.transact((tx) => landSlice(tx, LAYOUT, sliceOf(number, fields), cells(counts), whole, 1));

const commit = (slices: number, fields: CommitFields): Promise<LandedPart> =>
  store.transact((tx) => landCommit(tx, LAYOUT, commitOf(slices, fields), 1));

/** Lands a whole range of one slice. */
async function land(counts: Counts, fields: RangeFields): Promise<void> {
  await slice(0, counts, fields);
  expect((await commit(1, fields)).moved).toMatchObject({ generation: fields.to });
}

const everything = () => [store.texts('meta'), store.texts('base')];

/** What is served is said with it. */
const STALE = { stale: expect.objectContaining({ generation: expect.any(Number) }), moved: null };

async function expectStale(fields: RangeFields): Promise<void> {
  const before = everything();
  expect(await slice(0, { zoe: 1 }, fields)).toEqual(STALE);
  expect(await slice(0, { zoe: 1 }, fields, false)).toEqual(STALE);
  expect(await commit(0, fields)).toEqual(STALE);
  expect(everything()).toEqual(before);
}

describe('with generation 5 of line 1 served', () => {
  beforeEach(() => servePointer(store, { line: 1, generation: 5 }));

  test.each<[string, RangeFields]>([
    ['an incremental one for the line before, at the same generation', { line: 0, from: 5, to: 6 }],
    ['an incremental one for a line to come', { line: 2, from: 5, to: 6 }],
    ['an incremental one from an earlier generation', { line: 1, from: 4, to: 6 }],
    ['an incremental one from a later generation', { line: 1, from: 6, to: 7 }],
    ['an incremental one that makes nothing new', { line: 1, from: 5, to: 5 }],
    ['an incremental one of another definition', { line: 1, from: 5, to: 6, hash: 'h2' }],
    ['a full one that others have overtaken', { full: true, line: 2, from: 0, to: 4 }],
    ['a full one for the line that is served already', { full: true, line: 1, from: 0, to: 6 }],
    ['a full one for a line that none precedes', { full: true, line: 3, from: 0, to: 6 }],
  ])('%s changes nothing', async (_, fields) => {
    await expectStale(fields);
  });

  test('an incremental one that joins on, and a full one that reaches as far, do land', async () => {
    expect(await slice(0, { ann: 1 }, { range: 'a', line: 1, from: 5, to: 6 })).not.toEqual(STALE);
    expect(await slice(0, { ann: 1 }, { range: 'b', full: true, line: 2, from: 0, to: 5 })).not.toEqual(
      STALE,
    );
  });
});

describe('two ranges in flight', () => {
  const next = { range: 'next', line: 0, from: 1, to: 2 };
  const full = { range: 'full', full: true, line: 1, from: 0, to: 2 };
  beforeEach(() => land({ ann: 1 }, { range: 'first', to: 1 }));

  test('a full one that comes after the incremental one is served then', async () => {
    await slice(0, { ann: 3 }, full);
    await slice(0, { ann: 2 }, next);
    await commit(1, next);
    expect(await rows(store)).toEqual({ ann: 3 });
    await slice(1, { bob: 9 }, full);
    await commit(2, full);
    expect(servedPointer(store)).toMatchObject({ line: 1, generation: 2 });
    expect(await rows(store)).toEqual({ ann: 3, bob: 9 });
  });

  test('the rest of an incremental one is refused once a full one serves its line, at the same generation', async () => {
    const sameGeneration = { ...full, to: 1 };
    await slice(0, { ann: 2 }, next);
    await land({ ann: 1 }, sameGeneration);
    expect(servedPointer(store)).toMatchObject({ line: 1, generation: 1 });
    await expectStale(next);
    expect(await rows(store)).toEqual({ ann: 1 });
    // What the next one of the new line makes lacks nothing of it.
    await land({ ann: 2, bob: 2 }, { range: 'again', line: 1, from: 1, to: 2 });
    expect(await rows(store)).toEqual({ ann: 3, bob: 2 });
  });

  test('the rest of a full one is refused once incremental ones have overtaken it', async () => {
    await slice(0, { ann: 3 }, full);
    await land({ ann: 2 }, next);
    await land({ ann: 1 }, { range: 'third', line: 0, from: 2, to: 3 });
    await expectStale(full);
    expect(servedPointer(store)).toMatchObject({ line: 0, generation: 3 });
    expect(await rows(store)).toEqual({ ann: 4 });
  });

  test('what a full one that was given up has left misleads nobody, nor the one that takes its line', async () => {
    await slice(0, { ann: 100, zoe: 100 }, { ...full, range: 'given up', to: 3 });
    await land({ ann: 3 }, full);
    expect(await rows(store)).toEqual({ ann: 3 });
    await land({ ann: 1, zoe: 1 }, { range: 'third', line: 1, from: 2, to: 3 });
    expect(await rows(store)).toEqual({ ann: 4, zoe: 1 });
  });

  test('of two incremental ones from the same generation the other one is of the past', async () => {
    const longer = { range: 'longer', line: 0, from: 1, to: 3 };
    await slice(0, { ann: 7 }, longer);
    await land({ ann: 2 }, next);
    await expectStale(longer);
    expect(await rows(store)).toEqual({ ann: 3 });
    await land({ ann: 5 }, { range: 'third', line: 0, from: 2, to: 3 });
    expect(await rows(store)).toEqual({ ann: 8 });
  });

  test('each has an account of its own', async () => {
    await slice(0, { ann: 2 }, next);
    await commit(1, full);
    expect(await rows(store)).toEqual({ ann: 1 });
    expect(store.get('meta', STORE_KEYS.range(PRODUCT, 'next'))).toMatchObject({ landed: [0], commit: null });
    expect(store.get('meta', STORE_KEYS.range(PRODUCT, 'full'))).toMatchObject({ landed: [] });
  });
});

test('a pointer that moves between two parts of a slice leaves the rest out', async () => {
  const next = { range: 'next', line: 0, from: 1, to: 2 };
  await land({ ann: 1 }, { range: 'first', to: 1 });
  expect(await slice(0, { ann: 2 }, next, false)).toEqual({ stale: null, moved: null });
  await land({ ann: 1, bob: 1 }, { range: 'quicker', line: 0, from: 1, to: 3 });
  await expectStale(next);
  expect(await rows(store)).toEqual({ ann: 2, bob: 1 });
});

test('a pointer that moves while a part lands is seen before it commits', async () => {
  let moved = false;
  store.beforeCommit = async () => {
    if (moved) return;
    moved = true;
    await servePointer(store, { line: 0, generation: 1 });
  };
  expect(await slice(0, { ann: 1 }, { range: 'late', to: 1 })).toEqual(STALE);
  expect(store.keys('base')).toEqual([]);
});
