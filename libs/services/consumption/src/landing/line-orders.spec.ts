/** Whoever has landed what, and whatever stood before: a question about a dimension finds all cells that it is about. */
import { MemoryStore } from '@tenon/testing';
import { STORE_KEYS } from '@tenon/contracts';
import type { Clock } from '@tenon/ports';
import type { ProductLayout } from '@tenon/views';
import { ALL_CELLS, cellsOf, inOneStore, withView } from '@tenon/views';
import fc from 'fast-check';
import { prune } from '../prune';
import {
  LAYOUT,
  PRODUCT,
  cell,
  commitOf,
  flushOf,
  pointerOf,
  servedPointer,
  sliceOf,
} from '../testing/sales';
import { landFlushes } from './flushes';
import { orderLine } from './line-orders';
import { landCommit, landSlice } from './ranges';

/** The release before knows of no orders: it leaves out what it does not know. */
const BEFORE: ProductLayout = { ...LAYOUT, orders: [], ordersMark: '' };
const CUSTOMERS = ['ann', 'bob', 'cy'];

const clock: Clock = {
  now: () => 0,
  monotonic: () => 0,
  sleep: async () => undefined,
};
const signal = new AbortController().signal;

const found = (store: MemoryStore, customer: string | null): Promise<string[]> =>
  withView(inOneStore(store), LAYOUT, async (view, snapshots) => {
    const range = { ...ALL_CELLS, ...(customer !== null && { fixed: [undefined, [customer]] }) };
    const cells: string[] = [];
    for await (const { key, states } of cellsOf(snapshots, LAYOUT, view, 'merged', range))
      cells.push(`${String(key[0])} ${String(key[1])} ${String(states[0])}`);
    return cells;
  });

/** By the orders, and by going through everything. */
async function checkQuestions(store: MemoryStore): Promise<void> {
  const all = await found(store, null);
  for (const customer of CUSTOMERS) {
    const expected = all.filter((one) => one.split(' ')[1] === customer);
    const asked = (await found(store, customer)).filter((one) => one.split(' ')[1] === customer);
    expect(asked).toEqual(expected);
  }
}

interface World {
  readonly store: MemoryStore;
  generation: number;
  next: number[];
}

interface Some {
  readonly customer: string;
  readonly hour: number;
}

const cellsOfStep = (some: readonly Some[]) =>
  [...new Map(some.map((one) => [`${one.customer}${one.hour}`, one])).values()].map(({ customer, hour }) =>
    cell(customer, 1, hour),
  );

type Step = (world: World) => Promise<unknown>;

const some = fc.array(
  fc.record({ customer: fc.constantFrom(...CUSTOMERS), hour: fc.integer({ min: 0, max: 2 }) }),
  {
    maxLength: 4,
  },
);
const release = fc.boolean().map((isBefore) => (isBefore ? BEFORE : LAYOUT));

const flush = fc
  .tuple(release, some, fc.integer({ min: 0, max: 1 }))
  .map(([layout, cells, partition]): Step => (world) => {
    const start = 10 * world.generation;
    const from = world.next[partition] ?? start;
    if (from >= start + 10) return Promise.resolve();
    world.next[partition] = from + 1;
    const message = flushOf({ partition, epoch: world.generation, start, from, to: from + 1 });
    return world.store.transact((tx) => landFlushes(tx, layout, [{ message, cells: cellsOfStep(cells) }]));
  });

const slice = fc.tuple(release, some, fc.integer({ min: 0, max: 1 }), fc.boolean());

/** A range: parts of slices, which may be begun by one release and ended by another. */
const range = fc
  .tuple(fc.array(slice, { maxLength: 4 }), some, some, release, release, release, fc.boolean())
  .map(([begun, first, second, one, other, last, full]): Step => async (world) => {
    const { store, generation } = world;
    const { line = 0 } = servedPointer(store);
    const anew = full && generation > 0;
    const fields = {
      ...{ range: `r${generation}${anew}`, full: anew, line: anew ? line + 1 : line },
      ...{ from: anew ? 0 : generation, to: generation + 1 },
    };
    const slices = [first, second];
    for (const [layout, , number, isWhole] of begun)
      await store.transact((tx) =>
        landSlice(
          tx,
          layout,
          sliceOf(number, fields),
          cellsOfStep(slices[number] ?? []).slice(0, 2),
          isWhole,
          0,
        ),
      );
    for (const [number, layout] of [one, other].entries())
      await store.transact((tx) =>
        landSlice(tx, layout, sliceOf(number, fields), cellsOfStep(slices[number] ?? []), true, 0),
      );
    const { moved } = await store.transact((tx) => landCommit(tx, last, commitOf(2, fields), 0));
    if (moved === null) return;
    world.generation = moved.generation;
    world.next = [];
  });

const order = fc.constant<Step>(({ store }) => orderLine({ store, clock }, LAYOUT, signal));

const forget = release.map(
  (layout): Step =>
    ({ store }) =>
      prune({ store, clock }, layout, pointerOf(servedPointer(store)), signal),
);

test('questions find the same with orders as without, whichever release landed what', async () => {
  const steps = fc.array(
    fc.oneof({ arbitrary: flush, weight: 3 }, { arbitrary: range, weight: 2 }, order, forget),
    { minLength: 1, maxLength: 14 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const world: World = { store: new MemoryStore(), generation: 0, next: [] };
      for (const step of all) {
        await step(world);
        await checkQuestions(world.store);
      }
    }),
    { numRuns: 150 },
  );
});

describe('a line that the release before has made', () => {
  const land = async (store: MemoryStore, layout: ProductLayout, generation: number) => {
    const fields = { range: `r${generation}`, from: generation, to: generation + 1 };
    const cells = [cell('ann', 1), cell('bob', 1, generation)];
    await store.transact((tx) => landSlice(tx, layout, sliceOf(0, fields), cells, true, 0));
    await store.transact((tx) => landCommit(tx, layout, commitOf(1, fields), 0));
  };

  test('is put into its orders once, and goes on in them', async () => {
    const store = new MemoryStore();
    await land(store, BEFORE, 0);
    expect(servedPointer(store).orders).toBeUndefined();
    expect(await orderLine({ store, clock }, LAYOUT, signal)).toBe(true);
    expect(servedPointer(store).orders).toBe(LAYOUT.ordersMark);
    await land(store, LAYOUT, 1);
    expect(servedPointer(store).orders).toBe(LAYOUT.ordersMark);
    for (const key of store.keys('base')) expect(store.heads('base', key)).toHaveLength(1);
    const { commits } = store;
    expect(await orderLine({ store, clock }, LAYOUT, signal)).toBe(true);
    expect(store.commits).toBe(commits);
  });

  test('is not said to stand in them where the release before has landed meanwhile', async () => {
    const store = new MemoryStore();
    await land(store, BEFORE, 0);
    let landed = false;
    store.beforeCommit = async () => {
      // Once the line has been gone through, and before it is said so.
      const isOver = store.keys('base').every((key) => store.heads('base', key).length > 0);
      if (!isOver || landed) return;
      landed = true;
      await land(store, BEFORE, 1);
    };
    expect(await orderLine({ store, clock }, LAYOUT, signal)).toBe(false);
    expect(landed).toBe(true);
    await checkQuestions(store);
    expect(await orderLine({ store, clock }, LAYOUT, signal)).toBe(true);
    expect(store.keys('base').every((key) => store.heads('base', key).length > 0)).toBe(true);
    expect(servedPointer(store).orders).toBe(LAYOUT.ordersMark);
  });

  test('may be begun by one instance and gone on with by another', async () => {
    const store = new MemoryStore();
    await land(store, BEFORE, 0);
    const stopped = new AbortController();
    stopped.abort();
    expect(await orderLine({ store, clock }, LAYOUT, stopped.signal)).toBe(false);
    expect(store.get('meta', STORE_KEYS.pointer(PRODUCT))).toMatchObject({ orders: 'making 1 since 1' });
    await checkQuestions(store);
    await land(store, LAYOUT, 1);
    expect(await orderLine({ store, clock }, LAYOUT, signal)).toBe(true);
    expect(servedPointer(store).orders).toBe(LAYOUT.ordersMark);
  });
});
