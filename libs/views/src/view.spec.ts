import { STORE_KEYS } from '@tenon/contracts';
import type { Documents } from './testing/snapshots';
import { storeWith } from './testing/snapshots';
import { LAYOUT, PRODUCT, ledger, pointer, progress } from './testing/visits';
import type { ProductView } from './view';
import { hasGap, includedIn, ledgerOf, readBaseView, readJoinedView, readPointer, readView } from './view';

const viewOf = (documents: Documents): Promise<ProductView> =>
  storeWith(documents).snapshot((snapshot) => readView(snapshot, LAYOUT));

const SERVED = pointer({
  ...{ generation: 2, ledger: ledger(30) },
  ...{ cut: { 'clicks/0': 20, 'clicks/1': 10 }, epochs: { 'clicks/0': 2, 'clicks/1': 2 } },
});

/** Lane 0 has closed epoch 2 and is in 3, lane 1 has a hole after epoch 2; epoch 1 lies behind. */
const META = {
  ...SERVED,
  ...progress(1, 0, 10, 20, { closed: true }),
  ...progress(2, 0, 20, 25, { closed: true }),
  ...progress(3, 0, 25, 27),
  ...progress(2, 1, 10, 14, { closed: true }),
  ...progress(3, 1, 15, 19),
};

test('before anything has landed the view is empty', async () => {
  const view = await viewOf({});
  expect(view.base.pointer).toMatchObject({ generation: 0, line: 0, hash: 'h1' });
  expect(includedIn(view)).toEqual({ 'clicks/0': 0, 'clicks/1': 0 });
  expect([hasGap(view), ledgerOf(view)]).toEqual([false, ledger(0)]);
});

test('each lane reaches as far beyond the cut as its epochs join on', async () => {
  const view = await viewOf({ meta: META });
  expect(includedIn(view)).toEqual({ 'clicks/0': 27, 'clicks/1': 14 });
  expect([...view.speed.lanes.values()].map(({ reach }) => reach.epochs)).toEqual([[2, 3], [2]]);
  expect(hasGap(view)).toBe(true);
});

test('where all joins on there is no gap', async () => {
  expect(hasGap(await viewOf({ meta: { ...META, ...progress(3, 1, 14, 19) } }))).toBe(false);
});

test('the ledger counts what the view holds: all before the cut, and the epochs that it reaches', async () => {
  expect(ledgerOf(await viewOf({ meta: META }))).toEqual(ledger(30 + 5 + 2 + 4));
});

test('what an epoch beyond the cut lacks is past the horizon, as if a cut had put it there', async () => {
  const horizonOf = async (documents: object) =>
    (await viewOf({ meta: { ...META, ...documents } })).base.pointer.horizon;
  expect(await horizonOf({})).toBeUndefined();
  expect(await horizonOf(progress(3, 0, 25, 27, { horizon: 7 }))).toBe(7);
  const later = pointer({ ...(Object.values(SERVED)[0] as object), horizon: 9 });
  expect(await horizonOf({ ...later, ...progress(3, 0, 25, 27, { horizon: 7 }) })).toBe(9);
  // What does not join on is not read, nor what lies behind the cut.
  expect(
    await horizonOf({ ...progress(3, 1, 15, 19, { horizon: 7 }), ...progress(1, 0, 10, 20, { horizon: 8 }) }),
  ).toBeUndefined();
});

test('a lane that the pointer does not know begins at its first offset', async () => {
  const served = pointer({ generation: 2, cut: { 'clicks/0': 20 }, epochs: { 'clicks/0': 2 } });
  const view = await viewOf({ meta: { ...served, ...progress(0, 1, 0, 3) } });
  expect(includedIn(view)).toEqual({ 'clicks/0': 20, 'clicks/1': 3 });
});

test('read at once, or joined to a base view that is read meanwhile, the view is the same', async () => {
  for (const meta of [{}, META, { ...META, ...progress(3, 1, 14, 19) }]) {
    const store = storeWith({ meta });
    const { base, speed } = await store.snapshot((snapshot) =>
      readJoinedView(snapshot, LAYOUT, () => readBaseView(snapshot, LAYOUT)),
    );
    expect(await viewOf({ meta })).toEqual({ base: { pointer: base.pointer }, speed });
  }
});

test('at once is one scan of the store', async () => {
  const store = storeWith({ meta: META });
  await store.snapshot((snapshot) => readView(snapshot, LAYOUT));
  expect(store.scans.ranges).toEqual([
    { ...STORE_KEYS.progressOf(PRODUCT), and: STORE_KEYS.pointer(PRODUCT), expected: 64 },
  ]);
});

test('what stretches lead over is not read', async () => {
  const progressOf = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => from + index)
      .flatMap((n) => [0, 1].map((lane) => progress(n, lane, 10 * n, 10 * n + 10, { closed: true })))
      .reduce((all, one) => ({ ...all, ...one }), {});
  const stretch = (lane: number) => ({
    ...{ lane, level: 2, epoch: 0, through: 15, start: 0, next: 160, nextEpoch: 16 },
    ...{ ledger: ledger(160), watermark: null, closedAt: null },
  });
  const stretches = { [STORE_KEYS.stretches(PRODUCT)]: { v: 1, stretches: [stretch(0), stretch(1)] } };
  const store = storeWith({ meta: { ...progressOf(0, 18), ...stretches } });
  const view = await store.snapshot((snapshot) => readView(snapshot, LAYOUT));
  expect([...view.speed.lanes.values()].map(({ reach }) => reach.epochs)).toEqual([
    [0, 16, 17],
    [0, 16, 17],
  ]);
  expect(ledgerOf(view)).toEqual(ledger(360));
  expect(store.scans.ranges.map(({ gte }) => gte)).toEqual([
    STORE_KEYS.progressOf(PRODUCT).gte,
    STORE_KEYS.progress(PRODUCT, 16, 0),
  ]);
});

test('what belongs to other products and versions is none of its business', async () => {
  const of = (product: string) => ({
    [STORE_KEYS.pointer(product)]: { v: 2, generation: 9 },
    [STORE_KEYS.progress(product, 2, 0)]: { v: 1, start: 0, next: 99 },
  });
  const others = { ...of('visits@30'), ...of('visits@2'), ...of('visit@3'), ...of('orders@3') };
  expect(await viewOf({ meta: { ...META, ...others } })).toEqual(await viewOf({ meta: META }));
});

describe('of a newer release', () => {
  const newer = (key: string) => storeWith({ meta: { ...META, [key]: { v: 99 } } });

  test('a pointer is not read as if it were none', async () => {
    const store = newer(STORE_KEYS.pointer(PRODUCT));
    const expected = { code: 'unsupported-version' };
    await expect(store.snapshot((one) => readView(one, LAYOUT))).rejects.toMatchObject(expected);
    await expect(store.snapshot((one) => readBaseView(one, LAYOUT))).rejects.toMatchObject(expected);
    await expect(store.snapshot((one) => readPointer(one, LAYOUT))).rejects.toMatchObject(expected);
  });

  test('nor is a progress document', async () => {
    const store = newer(STORE_KEYS.progress(PRODUCT, 2, 0));
    const expected = { code: 'unsupported-version' };
    await expect(store.snapshot((one) => readView(one, LAYOUT))).rejects.toMatchObject(expected);
  });
});
