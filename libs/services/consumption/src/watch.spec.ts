import { STORE_KEYS } from '@tenon/contracts';
import { TenonError, Unavailable } from '@tenon/errors';
import type { Lane, LaneKey } from '@tenon/domain';
import { laneKey } from '@tenon/domain';
import { landFlushes } from './landing/flushes';
import type { Fixture } from './testing/consumption-fixture';
import { appendEvents, fixture } from './testing/consumption-fixture';
import { settle } from './testing/manual-clock';
import { LAYOUT, PRODUCT, servePointer, whole } from './testing/sales';
import { Watch } from './watch';

let deps: Fixture;
let watch: Watch;
let has: (lane: Lane) => boolean;
let landing: LaneKey[];
let stalled: string[];
let generations: number[];

beforeEach(async () => {
  deps = fixture({ stallMs: 10_000 });
  [has, landing, stalled, generations] = [() => true, [], [], []];
  await appendEvents(deps, 0, 5);
  await appendEvents(deps, 1, 3);
  await deps.store.transact((tx) =>
    landFlushes(tx, LAYOUT, [whole({ to: 3 }), whole({ partition: 1, to: 3 })]),
  );
  watch = new Watch(deps, LAYOUT, {
    has: (lane) => has(lane),
    landing: async () => landing,
    stalled: (lanes) => stalled.push(...lanes.map(({ source, partition }) => laneKey(source, partition))),
    served: ({ generation }) => generations.push(generation),
  });
  watch.start();
});
afterEach(() => watch.stop());

/** Ten seconds and a look. */
async function tenSeconds(): Promise<void> {
  for (let look = 0; look < 6; look += 1) await deps.clock.advance(2000);
}

test('a lane whose log has more than has landed is replayed after a time, one that has all is not', async () => {
  await deps.clock.advance(8000);
  expect(stalled).toEqual([]);
  await deps.clock.advance(2000);
  expect(stalled).toEqual(['orders/0']);
});

test('a lane whose flushes are still to land is late, and nothing of it is missing', async () => {
  landing = ['orders/0'];
  await tenSeconds();
  await tenSeconds();
  expect(stalled).toEqual([]);
  landing = [];
  await tenSeconds();
  expect(stalled).toEqual(['orders/0']);
});

test('a lane of another instance is left to that one', async () => {
  has = ({ partition }) => partition !== 0;
  await tenSeconds();
  expect(stalled).toEqual([]);
});

test('what lies before the cut is in, so a lane that has nothing beyond it does not stand still', async () => {
  await servePointer(deps.store, {
    generation: 1,
    cut: { 'orders/0': 5, 'orders/1': 3 },
    epochs: { 'orders/0': 1, 'orders/1': 1 },
  });
  await tenSeconds();
  expect(stalled).toEqual([]);
});

test('a gap counts as standing still, though more has landed beyond it', async () => {
  await appendEvents(deps, 0, 5);
  await deps.store.transact((tx) =>
    landFlushes(tx, LAYOUT, [whole({ epoch: 1, start: 7, from: 7, to: 10 })]),
  );
  await tenSeconds();
  expect(stalled).toEqual(['orders/0']);
});

test('which generation others have served is seen without a hint', async () => {
  await settle();
  expect(generations).toEqual([0]);
  await servePointer(deps.store, { generation: 4 });
  await deps.clock.advance(2000);
  expect(generations).toEqual([0, 4]);
});

test('with the log away nothing is told, and nothing is lost by looking later', async () => {
  deps.log.beforeRead = () => {
    throw new Unavailable('away');
  };
  await tenSeconds();
  expect(stalled).toEqual([]);
  expect(generations.length).toBeGreaterThan(5);
  deps.log.beforeRead = () => undefined;
  await tenSeconds();
  expect(stalled).toEqual(['orders/0']);
});

test.each([
  ['the log', () => (deps.log.beforeRead = fail)],
  ['the store', () => (deps.store.snapshot = async () => fail())],
])('an error of %s that will not pass ends the watch', async (_, arrange) => {
  arrange();
  await deps.clock.advance(2000);
  await expect(watch.done).rejects.toMatchObject({ code: 'broken' });
});

function fail(): never {
  throw new TenonError('broken', 'broken');
}

test('a progress document of a newer release ends it too', async () => {
  await deps.store.put('meta', STORE_KEYS.progress(PRODUCT, 5, 0), { v: 99 });
  await deps.clock.advance(2000);
  await expect(watch.done).rejects.toMatchObject({ code: 'unsupported-version' });
});
