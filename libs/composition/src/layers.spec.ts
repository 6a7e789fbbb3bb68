import { idOf } from '@tenon/domain';
import type { Plan, Topology } from '@tenon/domain';
import type { ProductStore, ServedPointers } from '@tenon/ports';
import { MemoryStore, MemoryTroubleBook } from '@tenon/testing';
import type { LayerScope } from './layers';
import { layersOf, pointersOf, storesOf, troublesOf, zonesOf } from './layers';

const planOf = (product: string, topology: Topology) =>
  ({ product, version: 1, source: 's', topology }) as Plan;
const PLANS = [planOf('a', 'lambda'), planOf('b', 'lambda-separate'), planOf('c', 'kappa')] as const;
const CLOCK = { now: () => 0 };

let stores: Record<'one' | 'batch' | 'speed', MemoryStore>;
beforeEach(() => {
  stores = { one: new MemoryStore(), batch: new MemoryStore(), speed: new MemoryStore() };
});

const layersFor = (scope: LayerScope, opened: string[] = [], of: typeof stores = stores) =>
  layersOf(
    {
      clock: CLOCK,
      store: async (layer): Promise<ProductStore> => {
        opened.push(layer);
        return of[layer];
      },
    },
    PLANS,
    scope,
  );

const one = () => ({ store: stores.one, troubles: new MemoryTroubleBook() });

const nameOf = (store: unknown) =>
  (Object.keys(stores) as (keyof typeof stores)[]).find((name) => stores[name] === store);

/** Product → the stores that an instance lands it in. */
async function landed(scope: LayerScope) {
  const opened: string[] = [];
  const zones = zonesOf(scope, await layersFor(scope, opened), one());
  return {
    opened,
    zones: PLANS.map((plan) => zones(plan).map(({ store, layer }) => [nameOf(store), layer])),
  };
}

test('what an instance of consumption lands, and which stores it needs for it', async () => {
  const whole = [['one', undefined]];
  const both = [
    ['batch', 'batch'],
    ['speed', 'speed'],
  ];
  expect(await landed('all')).toEqual({ opened: ['batch', 'speed'], zones: [whole, both, whole] });
  expect(await landed('combined')).toEqual({ opened: [], zones: [whole, [], whole] });
  expect(await landed('batch')).toEqual({ opened: ['batch'], zones: [[], [both[0]], []] });
  expect(await landed('speed')).toEqual({ opened: ['batch', 'speed'], zones: [[], [both[1]], []] });
});

test('where both layers are in one store after all they are landed and read as one', async () => {
  const layers = await layersFor('all', [], { ...stores, speed: stores.batch });
  expect(zonesOf('all', layers, one())(PLANS[1])).toMatchObject([{ store: stores.batch }]);
  expect(zonesOf('all', layers, one())(PLANS[1])[0]).not.toHaveProperty('layer');
  expect(storesOf('all', layers, one())(PLANS[1])).toEqual({ one: stores.batch });
});

test('without products whose layers are apart no store of a layer is opened', async () => {
  const open = () => Promise.reject(new Error('opened'));
  expect(await layersOf({ clock: CLOCK, store: open }, [PLANS[0], PLANS[2]], 'all')).toBeNull();
});

test('of each product the pointer of the store that has it is asked, in their order', async () => {
  const pointers = (name: string): ServedPointers => ({
    read: async (plans) => plans.map(({ product }) => `${product} of ${name}` as never),
  });
  await stores.batch.put('meta', 'pointer/b@1', { v: 2, generation: 7 });
  const read = pointersOf(await layersFor('all'), 'batch', () => PLANS, pointers('one')).read;
  expect(await read(PLANS)).toEqual(['a of one', { generation: 7 }, 'c of one']);
  expect(await read([PLANS[0]])).toEqual(['a of one']);
  const ofSpeed = pointersOf(await layersFor('all'), 'speed', () => PLANS, pointers('one')).read;
  expect(await ofSpeed(PLANS)).toEqual(['a of one', undefined, 'c of one']);
});

test('a trouble is written down where the answers of its layer are read', async () => {
  const book = new MemoryTroubleBook();
  const troubles = troublesOf(await layersFor('all'), () => PLANS, book);
  for (const plan of PLANS)
    for (const layer of ['batch', 'speed'] as const)
      await troubles.report(idOf(plan), { layer, code: 'x', reason: '' });
  expect([stores.batch, stores.speed].map((store) => store.keys('meta').length)).toEqual([1, 1]);
  expect((await troubles.read(PLANS.map(idOf))).map((all) => all.map(({ layer }) => layer))).toEqual(
    PLANS.map(() => ['batch', 'speed']),
  );
  await troubles.clear('b@1', { layer: 'batch' });
  expect(stores.batch.keys('meta')).toEqual([]);
});
