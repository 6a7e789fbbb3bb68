import { STORE_KEYS } from '@tenon/contracts';
import type { Generation } from '@tenon/domain';
import type { Layer } from './cell-texts';
import type { MergedCell } from './cells';
import { cellsByKey, cellsOf, closedSpeedCells } from './cells';
import { inOneStore, withView } from './open-view';
import type { CellRange } from './question';
import { ALL_CELLS } from './question';
import type { Documents, StoreOfSpec } from './testing/snapshots';
import { storeWith } from './testing/snapshots';
import { LAYOUT, PRODUCT, base, idOfPage, pointer, progress, speed } from './testing/visits';

/**
 * Generation 2 of line 1 is served. Beyond it lane 0 has closed epoch 2 and is in 3; lane 1 is in epoch 2, and what follows
 * does not join on.
 */
const DOCUMENTS: Documents = {
  meta: {
    ...pointer({
      ...{ line: 1, generation: 2, cut: { 'clicks/0': 20, 'clicks/1': 10 } },
      epochs: { 'clicks/0': 2, 'clicks/1': 2 },
    }),
    ...progress(2, 0, 20, 25, { closed: true }),
    ...progress(3, 0, 25, 27),
    ...progress(2, 1, 10, 14, { closed: true }),
    ...progress(3, 1, 15, 19),
  },
  base: {
    ...base(0, { a: { 2: 1000 }, z: { 2: 1000 } }),
    ...base(1, { a: { 1: 1, 2: 2 }, b: { 1: 3 }, c: { 2: 4, 3: 400 }, d: { 3: 500 }, e: { 2: 6 } }),
  },
  speed: {
    ...speed(1, 0, { a: 1000 }),
    ...speed(2, 0, { a: 10, f: 10, g: 10 }),
    ...speed(3, 0, { a: 20, c: 20 }),
    ...speed(2, 1, { a: 40, f: 40 }),
    ...speed(3, 1, { a: 1000, z: 1000 }),
  },
};

let store: StoreOfSpec;
beforeEach(() => {
  store = storeWith(DOCUMENTS);
});

const summary = ({ key, states, base: version, inSpeed }: MergedCell) =>
  `${String(key[0])}=${String(states[0])} ${version ? `base ${version.g}` : ''}${inSpeed ? ' speed' : ''}`.trim();

async function all(cells: AsyncIterable<MergedCell>): Promise<string[]> {
  const found: string[] = [];
  for await (const cell of cells) found.push(summary(cell));
  return found;
}

const read = (layer: Layer, range: Partial<CellRange> = {}): Promise<string[]> =>
  withView(inOneStore(store), LAYOUT, (view, snapshots) =>
    all(cellsOf(snapshots, LAYOUT, view, layer, { ...ALL_CELLS, ...range })),
  );

const MERGED = [
  'a=72 base 2 speed',
  'b=3 base 1',
  'c=24 base 2 speed',
  'e=6 base 2',
  'f=50  speed',
  'g=10  speed',
];

describe('the cells of a view', () => {
  test('are those of the served line and generation, and of the epochs that join on, merged in key order', async () => {
    expect(await read('merged')).toEqual(MERGED);
  });

  test('come backwards too', async () => {
    expect(await read('merged', { reverse: true })).toEqual([...MERGED].reverse());
  });

  test('are of one layer, where that is asked for', async () => {
    expect(await read('batch')).toEqual(['a=2 base 2', 'b=3 base 1', 'c=4 base 2', 'e=6 base 2']);
    expect(await read('speed')).toEqual(['a=70  speed', 'c=20  speed', 'f=50  speed', 'g=10  speed']);
  });

  test('are those of a range of keys, without its end', async () => {
    expect(await read('merged', { gte: idOfPage('b'), lt: idOfPage('f') })).toEqual(MERGED.slice(1, 4));
  });

  test('are those that match, where keys are to', async () => {
    expect(await read('merged', { pattern: 's[af]!' })).toEqual([MERGED[0], MERGED[4]]);
  });

  test('of which some are read leave no scan open', async () => {
    await withView(inOneStore(store), LAYOUT, async (view, snapshots) => {
      const cells = cellsOf(snapshots, LAYOUT, view, 'merged', ALL_CELLS);
      for await (const cell of cells) if (cell.key[0] === 'b') break;
      expect(store.scans.open).toBe(0);
    });
  });

  test('before the first generation are those of speed: what a fold has begun in base is not seen', async () => {
    store = storeWith({
      meta: progress(0, 0, 0, 3),
      base: base(0, { a: { 1: 1000 }, b: { 1: 1000 } }),
      speed: speed(0, 0, { a: 3 }),
    });
    expect(await read('merged')).toEqual(['a=3  speed']);
    expect(await read('batch')).toEqual([]);
  });
});

describe('single cells', () => {
  const byKey = (pages: readonly string[]) =>
    withView(inOneStore(store), LAYOUT, async (view, snapshots) =>
      (await cellsByKey(snapshots, LAYOUT, view, pages.map(idOfPage))).map((cell) => cell && summary(cell)),
    );

  test('are what the view has of them, in the order that was asked for', async () => {
    expect(await byKey(['g', 'f', 'e', 'd', 'c', 'b', 'a', 'z'])).toEqual([
      ...[MERGED[5], MERGED[4], MERGED[3], undefined, MERGED[2], MERGED[1], MERGED[0], undefined],
    ]);
  });

  test('are none where none is asked for', async () => {
    expect(await byKey([])).toEqual([]);
  });
});

describe('the closed epochs before a generation', () => {
  const closed = (before: Generation, range?: CellRange) =>
    withView(inOneStore(store), LAYOUT, (view, { speed: snapshot }) =>
      all(closedSpeedCells(snapshot, LAYOUT, view, before, range)),
    );

  test('merged over epochs and lanes, are what a fold of Kappa takes', async () => {
    expect(await closed(3)).toEqual(['a=50  speed', 'f=50  speed', 'g=10  speed']);
    expect(await closed(2)).toEqual([]);
  });

  test('may be read in parts', async () => {
    expect(await closed(3, { ...ALL_CELLS, gte: `${idOfPage('a')}\u0001` })).toEqual([
      'f=50  speed',
      'g=10  speed',
    ]);
  });
});

test.each([
  ['base', { [STORE_KEYS.base(PRODUCT, 1) + idOfPage('a')]: { k: ['a'], v: [{ g: 2, s: ['none'] }] } }],
  ['base', { [STORE_KEYS.base(PRODUCT, 1) + idOfPage('a')]: { k: ['a'], v: { g: 2, s: [1] } } }],
  ['speed', { [STORE_KEYS.speed(PRODUCT, 3, 0) + idOfPage('a')]: { k: ['a'], s: [] } }],
  ['speed', { [STORE_KEYS.speed(PRODUCT, 3, 0) + idOfPage('a')]: { k: [7], s: [1] } }],
] as const)('what is no cell of the product is no row of it: %s %j', async (table, document) => {
  store = storeWith({ ...DOCUMENTS, [table]: { ...DOCUMENTS[table], ...document } });
  await expect(read('merged')).rejects.toMatchObject({ code: 'document-damaged', table, product: PRODUCT });
});
