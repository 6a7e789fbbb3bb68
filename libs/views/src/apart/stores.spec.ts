import { Unavailable } from '@tenon/errors';
import type { Layer } from '../cell-texts';
import { cellsOf } from '../cells';
import type { LayerSnapshots } from '../open-view';
import { withView } from '../open-view';
import { ALL_CELLS } from '../question';
import type { StoreOfSpec } from '../testing/snapshots';
import { storeWith } from '../testing/snapshots';
import { LAYOUT, base, ledger, pointer, progress, speed } from '../testing/visits';
import type { ProductView } from '../view';
import { includedIn } from '../view';
import { LayerAway } from './layer-away';
import { ApartStores } from './stores';

const pagesOf = async (view: ProductView, snapshots: LayerSnapshots, layer: Layer) => {
  const pages: Record<string, unknown> = {};
  for await (const { key, states } of cellsOf(snapshots, LAYOUT, view, layer, ALL_CELLS))
    pages[String(key[0])] = states[0];
  return pages;
};

const read = (stores: ApartStores, layer: Layer = 'merged') =>
  withView(
    stores,
    LAYOUT,
    async (view, snapshots) => ({
      generation: view.base.pointer.generation,
      included: includedIn(view),
      pages: await pagesOf(view, snapshots, layer),
      ...(view.missing !== undefined && { missing: [view.missing.code, view.missing.layer] }),
    }),
    undefined,
    layer,
  );

const servedAt = (generation: number, offset: number, line = 0) =>
  pointer({
    ...{ line, generation, cut: { 'clicks/0': offset, 'clicks/1': 0 }, ledger: ledger(offset) },
    epochs: { 'clicks/0': generation, 'clicks/1': generation },
  });

/** Generation 1 ends at offset 10 of lane 0; speed's landing has not heard of it. */
const BASE = { meta: servedAt(1, 10), base: base(0, { home: { 1: 5 }, about: { 1: 1 } }) };
const SPEED = {
  meta: { ...progress(0, 0, 0, 10, { closed: true }), ...progress(1, 0, 10, 12) },
  speed: { ...speed(0, 0, { home: 5, about: 1 }), ...speed(1, 0, { home: 2 }) },
};
const TOGETHER = {
  generation: 1,
  included: { 'clicks/0': 12, 'clicks/1': 0 },
  pages: { home: 7, about: 1 },
};

let stores: { base: StoreOfSpec; speed: StoreOfSpec };
beforeEach(() => {
  stores = { base: storeWith(BASE), speed: storeWith(SPEED) };
});

const isAway = (store: StoreOfSpec) =>
  jest.spyOn(store, 'snapshot').mockRejectedValue(new Unavailable('no server'));

test('the answer is what it would be with one store', async () => {
  expect(await read(new ApartStores(stores))).toEqual(TOGETHER);
  expect([stores.base.held, stores.speed.held]).toEqual([0, 0]);
});

test("speed's store is read first: what is served and pruned meanwhile is of no matter", async () => {
  const { snapshot } = stores.base;
  stores.base.snapshot = (work) => {
    expect(stores.speed.held).toBe(1);
    stores.base.documents = {
      meta: servedAt(2, 14),
      base: base(0, { home: { 1: 5, 2: 9 }, about: { 1: 1 } }),
    };
    stores.speed.documents = {};
    return snapshot(work);
  };
  expect(await read(new ApartStores(stores))).toEqual({
    ...{ generation: 2, included: { 'clicks/0': 14, 'clicks/1': 0 }, pages: { home: 9, about: 1 } },
  });
});

test('a base store that is older than what speed has heard of it is asked again, and then the answer says so', async () => {
  stores.speed.documents = {
    meta: { ...servedAt(2, 12), ...progress(2, 0, 12, 13) },
    speed: speed(2, 0, { home: 1 }),
  };
  const now = { meta: servedAt(2, 12), base: base(0, { home: { 1: 5, 2: 7 }, about: { 1: 1 } }) };
  const { snapshot } = stores.base;
  let asked = 0;
  stores.base.snapshot = (work) => {
    asked += 1;
    if (asked === 2) stores.base.documents = now;
    return snapshot(work);
  };
  const right = { generation: 2, included: { 'clicks/0': 13, 'clicks/1': 0 }, pages: { home: 8, about: 1 } };
  expect(await read(new ApartStores(stores))).toEqual(right);
  expect([asked, stores.base.held]).toEqual([2, 0]);

  stores.base.documents = BASE;
  asked = 2;
  expect(await read(new ApartStores(stores))).toEqual({
    ...{ generation: 1, included: { 'clicks/0': 10, 'clicks/1': 0 }, pages: { home: 5, about: 1 } },
    missing: ['layers-apart', 'batch'],
  });
});

describe("with one layer's store away", () => {
  test('the answer is what the other can say, and names what is missing', async () => {
    const apart = new ApartStores(stores);
    const away = isAway(stores.base);
    expect(await read(apart)).toEqual({
      ...{ generation: 0, included: { 'clicks/0': 12, 'clicks/1': 0 }, pages: { home: 7, about: 1 } },
      missing: ['layer-away', 'batch'],
    });
    away.mockRestore();
    isAway(stores.speed);
    expect(await read(new ApartStores(stores))).toEqual({
      ...{ generation: 1, included: { 'clicks/0': 10, 'clicks/1': 0 }, pages: { home: 5, about: 1 } },
      missing: ['layer-away', 'speed'],
    });
  });

  test('the other layer is answered as ever', async () => {
    isAway(stores.base);
    const speedAlone = await read(new ApartStores(stores), 'speed');
    expect(speedAlone.missing).toBeUndefined();
    await expect(read(new ApartStores(stores), 'batch')).rejects.toBeInstanceOf(LayerAway);
  });

  test('it is not asked by every read, and its answers are whole once it is back', async () => {
    const apart = new ApartStores(stores);
    const away = isAway(stores.base);
    await read(apart);
    expect(away).toHaveBeenCalledTimes(1);
    await read(apart);
    await read(apart);
    away.mockRestore();
    // One that finds it away asks for those to come.
    while ((await read(apart)).missing !== undefined) await Promise.resolve();
    expect(await read(apart)).toEqual(TOGETHER);
  });

  test('with both away nothing is answered', async () => {
    isAway(stores.base);
    isAway(stores.speed);
    await expect(read(new ApartStores(stores))).rejects.toBeInstanceOf(LayerAway);
  });

  test('one that goes away in the middle of a read is told from the other', async () => {
    const { snapshot } = stores.base;
    stores.base.snapshot = (work) =>
      snapshot((opened) =>
        work(Object.assign(Object.create(opened), { texts: () => Promise.reject(new Unavailable('gone')) })),
      );
    expect((await read(new ApartStores(stores))).missing).toEqual(['layer-away', 'batch']);
    expect([stores.base.held, stores.speed.held]).toEqual([0, 0]);
  });
});

test('what the reader throws reaches the caller, and no snapshot stays held', async () => {
  const apart = new ApartStores(stores);
  await expect(withView(apart, LAYOUT, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect([stores.base.held, stores.speed.held]).toEqual([0, 0]);
});

test('a process with one layer reads that one', async () => {
  const alone = { ...TOGETHER, pages: { home: 5, about: 1 }, included: { 'clicks/0': 10, 'clicks/1': 0 } };
  expect(await read(new ApartStores({ base: stores.base }), 'batch')).toEqual(alone);
  stores.speed.documents = { ...SPEED, meta: { ...SPEED.meta, ...servedAt(1, 10) } };
  expect(await read(new ApartStores({ speed: stores.speed }), 'speed')).toEqual({
    ...TOGETHER,
    pages: { home: 2 },
  });
});
