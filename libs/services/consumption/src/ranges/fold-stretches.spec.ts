import { MemoryStore } from '@tenon/testing';
import type { StretchesDocument } from '@tenon/contracts';
import { STORE_KEYS } from '@tenon/contracts';
import { includedIn, inOneStore, ledgerOf, withView } from '@tenon/views';
import { landFlushes } from '../landing/flushes';
import { prune } from '../prune';
import { ManualClock } from '../testing/manual-clock';
import { PRODUCT, layoutFor, ledger, pointerOf, rows, servePointer, whole } from '../testing/sales';
import { foldStretches } from './fold-stretches';

const LAYOUT = layoutFor();
const CUTS = 24;
const CUSTOMERS = ['ann', 'bob', 'cy', 'dan', 'eve'];

let store: MemoryStore;
beforeEach(async () => {
  store = new MemoryStore();
  for (let epoch = 0; epoch < CUTS; epoch++)
    for (const partition of [0, 1]) await land(partition, epoch, epoch + 1);
});

/** Epoch n holds 10 offsets; of its customers one has some orders that tell the epochs apart. */
const countsOf = (epoch: number, partition: number) => ({
  [CUSTOMERS[(epoch + partition) % CUSTOMERS.length] as string]: 1 + epoch * 100,
  all: 1,
});

const land = (partition: number, epoch: number, next: number) => {
  const place = { partition, epoch, start: 10 * epoch, from: 10 * epoch, to: 10 * epoch + 10 };
  const flush = whole({ ...place, end: { closed: true, next } }, countsOf(epoch, partition));
  return store.transact((tx) => landFlushes(tx, LAYOUT, [flush]));
};

/** What is right of the epochs from one on. */
function rightFrom(from: number): Record<string, number> {
  const sum: Record<string, number> = {};
  for (let epoch = from; epoch < CUTS; epoch++)
    for (const partition of [0, 1])
      for (const [name, count] of Object.entries(countsOf(epoch, partition)))
        sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

const signal = new AbortController().signal;
const deps = (foldCells = 2) => ({ store, clock: new ManualClock(), config: { foldCells } });
const fold = (has: () => boolean = () => true, layout = LAYOUT) => foldStretches(deps(), layout, has, signal);

const named = () =>
  (store.get<StretchesDocument>('meta', STORE_KEYS.stretches(PRODUCT))?.stretches ?? []).map(
    ({ lane, epoch, through }) => `${lane}: ${epoch}-${through}`,
  );

const serve = (epoch: number) =>
  servePointer(store, {
    ...{ generation: epoch, cut: { 'orders/0': 10 * epoch, 'orders/1': 10 * epoch } },
    ...{ epochs: { 'orders/0': epoch, 'orders/1': epoch }, ledger: ledger(20 * epoch) },
  });

test('a lane is read by few parts, and says what it said', async () => {
  expect(await fold()).toBeGreaterThan(2);
  await withView(inOneStore(store), LAYOUT, async (view) => {
    for (const { reach } of view.speed.lanes.values()) expect(reach.epochs.length).toBeLessThan(8);
    expect(includedIn(view)).toEqual({ 'orders/0': 240, 'orders/1': 240 });
    expect(ledgerOf(view)).toEqual(ledger(480));
  });
  expect(await rows(store, LAYOUT)).toEqual(rightFrom(0));
  expect(await fold()).toBe(0);
});

test('a batch range up to any cut still joins on, whatever was folded, pruned and folded again', async () => {
  await fold();
  const after = new Map(store.keys('meta').map((key) => [key, store.get('meta', key)]));
  const cells = new Map(store.keys('speed').map((key) => [key, store.get('speed', key)]));
  for (let cut = 0; cut <= CUTS; cut++) {
    store = new MemoryStore();
    for (const [key, value] of after) await store.put('meta', key, value);
    for (const [key, value] of cells) await store.put('speed', key, value);
    await serve(cut);
    const right = rightFrom(cut);
    expect([cut, await rows(store, LAYOUT, 'speed')]).toEqual([cut, right]);
    await prune(
      deps(),
      LAYOUT,
      pointerOf({ generation: cut, epochs: { 'orders/0': cut, 'orders/1': cut } }),
      signal,
    );
    expect([cut, await rows(store, LAYOUT, 'speed')]).toEqual([cut, right]);
    await fold();
    expect([cut, await rows(store, LAYOUT, 'speed')]).toEqual([cut, right]);
  }
});

test('what lies behind the pointer goes, cells and names', async () => {
  await fold();
  await serve(CUTS);
  expect(await fold()).toBe(0);
  expect(named()).toEqual([]);
  const epochs = { 'orders/0': CUTS, 'orders/1': CUTS };
  await prune(deps(), LAYOUT, pointerOf({ generation: CUTS, epochs }), signal);
  expect(store.keys('speed')).toEqual([]);
});

test('an instance folds the lanes that it has', async () => {
  await foldStretches(deps(), LAYOUT, ({ partition }) => partition === 1, signal);
  expect(named().length).toBeGreaterThan(0);
  expect(named().filter((one) => !one.startsWith('1: '))).toEqual([]);
});

test('two at once, of which one has overtaken the other, come to the same', async () => {
  await Promise.all([fold(), fold(), fold()]);
  await fold();
  expect(await rows(store, LAYOUT)).toEqual(rightFrom(0));
});

test('a pointer that moves on meanwhile: nothing is said to be there that prune may have been in', async () => {
  const moving = Object.create(store) as MemoryStore;
  let transactions = 0;
  moving.transact = async (work) => {
    if (++transactions === 2) {
      await serve(6);
      await prune(
        deps(),
        LAYOUT,
        pointerOf({ generation: 6, epochs: { 'orders/0': 6, 'orders/1': 6 } }),
        signal,
      );
    }
    return store.transact(work);
  };
  expect(await foldStretches({ ...deps(), store: moving }, LAYOUT, () => true, signal)).toBe(0);
  expect(named()).toEqual([]);
  await fold();
  expect(await rows(store, LAYOUT, 'speed')).toEqual(rightFrom(6));
});

test('Kappa takes each epoch by itself, whatever stands in the store', async () => {
  await fold();
  await withView(inOneStore(store), layoutFor({ topology: 'kappa' }), async (view) => {
    for (const { reach } of view.speed.lanes.values()) expect(reach.epochs).toHaveLength(CUTS);
  });
});
