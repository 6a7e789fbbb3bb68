import type { LayerSnapshots, LayerStores } from './open-view';
import { ALL_CELLS } from './question';
import { noView } from './known-view';
import { inOneStore, withView } from './open-view';
import { cellsOf } from './cells';
import { storeWith } from './testing/snapshots';
import { LAYOUT, base, ledger, pointer, progress, speed } from './testing/visits';
import type { ProductView } from './view';
import { includedIn } from './view';

const pagesOf = async (view: ProductView, snapshots: LayerSnapshots) => {
  const pages: Record<string, unknown> = {};
  for await (const { key, states } of cellsOf(snapshots, LAYOUT, view, 'merged', ALL_CELLS))
    pages[String(key[0])] = states[0];
  return pages;
};

const read = (stores: LayerStores) =>
  withView(stores, LAYOUT, async (view, snapshots) => ({
    generation: view.base.pointer.generation,
    included: includedIn(view),
    pages: await pagesOf(view, snapshots),
  }));

const servedAt = (generation: number, offset: number) =>
  pointer({
    ...{ generation, cut: { 'clicks/0': offset, 'clicks/1': 0 }, ledger: ledger(offset) },
    epochs: { 'clicks/0': generation, 'clicks/1': generation },
  });

/** Generation 1 ends at offset 10 of lane 0. */
const BASE = { meta: servedAt(1, 10), base: base(0, { home: { 1: 5 }, about: { 1: 1 } }) };
const SPEED = { meta: progress(1, 0, 10, 12), speed: speed(1, 0, { home: 2 }) };
const TOGETHER = {
  generation: 1,
  included: { 'clicks/0': 12, 'clicks/1': 0 },
  pages: { home: 7, about: 1 },
};

test('both layers in one store are read from one snapshot of it', async () => {
  const store = storeWith({ ...BASE, ...SPEED, meta: { ...BASE.meta, ...SPEED.meta } });
  const snapshots = jest.spyOn(store, 'snapshot');
  expect(await read(inOneStore(store))).toEqual(TOGETHER);
  expect(snapshots).toHaveBeenCalledTimes(1);
});

test('what the reader throws reaches the caller, and no snapshot stays held', async () => {
  const store = storeWith(BASE);
  await expect(withView(inOneStore(store), LAYOUT, () => Promise.reject(new Error('no')))).rejects.toThrow(
    'no',
  );
  expect(store.held).toBe(0);
});

test('a view that is known stays the same object until something of it changes, and not longer', async () => {
  const store = storeWith({ ...BASE, ...SPEED, meta: { ...BASE.meta, ...SPEED.meta } });
  const known = noView();
  const look = () => withView(inOneStore(store), LAYOUT, async (view) => view, known);
  const first = await look();
  store.documents = { ...store.documents, meta: { ...store.documents.meta, 'another/product': {} } };
  expect(await look()).toBe(first);
  store.documents = { ...store.documents, meta: { ...store.documents.meta, ...progress(1, 0, 10, 13) } };
  const landed = await look();
  expect(includedIn(landed)['clicks/0']).toBe(13);
  store.documents = { ...store.documents, meta: { ...store.documents.meta, ...servedAt(2, 13) } };
  expect((await look()).base.pointer.generation).toBe(2);
});
