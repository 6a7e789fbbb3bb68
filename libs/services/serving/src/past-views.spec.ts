import { VERSIONS } from '@tenon/contracts';
import { EMPTY_LEDGER, emptyPointer } from '@tenon/domain';
import type { Pointer } from '@tenon/domain';
import type { StoreSnapshot } from '@tenon/ports';
import type { ProductView } from '@tenon/views';
import { layoutOf } from '@tenon/views';
import { parseAsOf } from './as-of';
import { PastViews } from './past-views';

const SOURCE = { name: 'orders', partitions: 1 };
const PLAN = { product: 'sales', version: 1, source: 'orders', hash: 'h', key: [], generations: 5 };
const LAYOUT = layoutOf(PLAN as never, [SOURCE as never]);

const pointer = (generation: number): Pointer => ({
  ...emptyPointer('h'),
  ...{ line: 0, generation, cut: { 'orders/0': generation * 10 }, at: generation * 1000 },
  ledger: EMPTY_LEDGER,
});
const viewOf = (base: Pointer): ProductView => ({
  base: { pointer: base },
  speed: { lanes: new Map(), troubles: [] },
});

/** A store of which generations up to one are written down, as of a moment. */
function snapshotOf(kept: readonly number[], version: number | undefined) {
  const read = { times: 0 };
  const documents = kept.map((generation) => ({
    key: `k${generation}`,
    value: {
      v: 1,
      pointer: { v: VERSIONS.pointer.writes, ...pointer(generation) },
      before: kept.includes(generation - 1) ? { line: 0, generation: generation - 1 } : null,
    },
  }));
  const snapshot = {
    version,
    async *scan() {
      read.times += 1;
      yield await Promise.resolve(documents);
    },
  } as unknown as StoreSnapshot;
  return { snapshot, read };
}

const meant = (views: PastViews, now: ProductView, snapshot: StoreSnapshot, asOf: string) =>
  views.meant(parseAsOf(asOf), 'merged', now, snapshot);

test('the same generation is the same view, also after something landed, and another one once a cut was folded', async () => {
  const views = new PastViews(LAYOUT);
  const now = viewOf(pointer(3));
  const first = snapshotOf([1, 2, 3], 7);
  const view = await meant(views, now, first.snapshot, '2');
  expect(view.base.pointer.generation).toBe(2);
  expect(await meant(views, now, first.snapshot, '2')).toBe(view);
  expect(await meant(views, now, first.snapshot, '1')).not.toBe(view);
  expect(first.read.times).toBe(1);
  // Something landed: another view of now, of another moment.
  expect(await meant(views, viewOf(pointer(3)), snapshotOf([1, 2, 3], 8).snapshot, '2')).toBe(view);
  const later = await meant(views, viewOf(pointer(4)), snapshotOf([1, 2, 3, 4], 9).snapshot, '2');
  expect(later.past).toEqual([4, 3]);
});

test('what was forgotten meanwhile can be read no more', async () => {
  const views = new PastViews(LAYOUT);
  const now = viewOf(pointer(3));
  await meant(views, now, snapshotOf([1, 2, 3], 7).snapshot, '1');
  await expect(meant(views, now, snapshotOf([2, 3], 8).snapshot, '1')).rejects.toMatchObject({ status: 410 });
});

test('a store that does not say which moment it is of is asked each time', async () => {
  const views = new PastViews(LAYOUT);
  const now = viewOf(pointer(3));
  await meant(views, now, snapshotOf([1, 2, 3], undefined).snapshot, '1');
  await expect(meant(views, now, snapshotOf([2, 3], undefined).snapshot, '1')).rejects.toMatchObject({
    status: 410,
  });
});
