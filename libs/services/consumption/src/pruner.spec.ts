import { STORE_KEYS } from '@tenon/contracts';
import { Pruner } from './pruner';
import type { Fixture } from './testing/consumption-fixture';
import { fixture } from './testing/consumption-fixture';
import { settle } from './testing/manual-clock';
import { LAYOUT, PRODUCT, pointerOf } from './testing/sales';

let deps: Fixture;
let pruner: Pruner;

beforeEach(async () => {
  deps = fixture({ graceMs: 30_000 });
  for (const epoch of [0, 1, 2])
    await deps.store.put('meta', STORE_KEYS.progress(PRODUCT, epoch, 0), { v: 1 });
  pruner = new Pruner(deps, LAYOUT);
  pruner.start();
});
afterEach(() => pruner.stop());

const served = (generation: number) =>
  pruner.moved(pointerOf({ generation, epochs: { 'orders/0': generation } }));

const epochsLeft = () => deps.store.keys('meta').map((key) => Number(key.split('/')[2]));

test('what lies behind a pointer goes once the grace is over, and not before', async () => {
  served(1);
  await deps.clock.advance(29_999);
  await deps.clock.advance(0);
  expect(epochsLeft()).toEqual([0, 1, 2]);
  await deps.clock.advance(1000);
  expect(epochsLeft()).toEqual([1, 2]);
});

test('each pointer has a grace of its own', async () => {
  served(1);
  await deps.clock.advance(20_000);
  served(2);
  await deps.clock.advance(11_000);
  expect(epochsLeft()).toEqual([1, 2]);
  await deps.clock.advance(20_000);
  expect(epochsLeft()).toEqual([2]);
});

test('of several whose grace is over one look prunes behind the last', async () => {
  served(1);
  served(2);
  const { commits } = deps.store;
  await deps.clock.advance(31_000);
  expect(epochsLeft()).toEqual([2]);
  expect(deps.store.commits - commits).toBe(1);
});

test('a look that fails is said, and the next pointer does its work too', async () => {
  deps.store.beforeCommit = () => {
    throw new Error('away');
  };
  served(1);
  await deps.clock.advance(31_000);
  expect(epochsLeft()).toEqual([0, 1, 2]);
  expect(deps.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  deps.store.beforeCommit = () => undefined;
  served(2);
  await deps.clock.advance(31_000);
  expect(epochsLeft()).toEqual([2]);
});

test('once it is stopped nothing is pruned', async () => {
  served(1);
  await pruner.stop();
  await deps.clock.advance(60_000);
  await settle();
  expect(epochsLeft()).toEqual([0, 1, 2]);
});
