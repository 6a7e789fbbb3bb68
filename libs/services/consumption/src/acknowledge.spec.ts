import { STORE_KEYS, pointerDocument } from '@tenon/contracts';
import type { Pointer } from '@tenon/domain';
import type { ServedPointers } from '@tenon/ports';
import { MemoryStore, MemoryTroubleBook } from '@tenon/testing';
import { acknowledge } from './acknowledge';
import { ProductLanding } from './product';
import { appendEvents, appendFlushes, appendRanges, fixture } from './testing/consumption-fixture';
import { until } from './testing/manual-clock';
import {
  LAYOUT,
  PRODUCT,
  cells,
  commitRecord,
  flushRecords,
  layoutFor,
  pointerOf,
  servedPointer,
  sliceRecords,
} from './testing/sales';

const serving = (pointer: Pointer | undefined): ServedPointers => ({ read: async () => [pointer] });

test('what the other store serves is what this one goes by, and never an earlier one', async () => {
  const store = new MemoryStore();
  const [first, second] = [pointerOf({ generation: 2 }), pointerOf({ generation: 3 })];
  const anew = pointerOf({ line: 1, generation: 3 });
  for (const [served, expected] of [
    [undefined, 0],
    [first, 2],
    [second, 3],
    [first, 3],
    [anew, 3],
    [second, 3],
  ] as const)
    expect((await acknowledge(store, serving(served), LAYOUT)).generation).toBe(expected);
  expect(servedPointer(store)).toMatchObject({ line: 1, generation: 3 });
});

describe('layers that are landed apart', () => {
  const plan = layoutFor({ topology: 'lambda-separate' });
  const running: ProductLanding[] = [];
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  });

  async function start() {
    const deps = fixture({ graceMs: 0 });
    const base = new MemoryStore();
    const served: ServedPointers = {
      read: async () => [
        await base.snapshot((snapshot) => snapshot.get<Pointer>('meta', STORE_KEYS.pointer(PRODUCT))),
      ],
    };
    const zones = [
      { store: base, troubles: new MemoryTroubleBook(), layer: 'batch' },
      { store: deps.store, troubles: deps.troubles, layer: 'speed', served },
    ] as const;
    await appendEvents(deps, 0, 0);
    for (const zone of zones) {
      const landing = new ProductLanding({ ...deps, ...zone }, plan);
      running.push(landing);
      await landing.start();
    }
    return { deps, base, speed: deps.store };
  }

  const range = () => [...sliceRecords(0, {}, cells({ ann: 2 })), commitRecord(1)];

  test('ranges land in the one store and flushes in the other', async () => {
    const { deps, base, speed } = await start();
    await appendFlushes(deps, 0, ...flushRecords({ partition: 0, to: 10 }, cells({ ann: 2 })));
    await appendRanges(deps, 0, ...range());
    await until('both', () => base.keys('base').length > 0 && speed.keys('speed').length > 0);
    expect([base.keys('speed'), speed.keys('base')]).toEqual([[], []]);
    expect(running.map((one) => one.status().layer)).toEqual(['batch', 'speed']);
  });

  test('speed goes on by what it has heard, and prunes once it has heard more', async () => {
    const { deps, base, speed } = await start();
    const closed = flushRecords({ partition: 0, to: 10, end: { closed: true } }, cells({ ann: 2 }));
    await appendFlushes(deps, 0, ...closed);
    await until('landed', () => speed.keys('speed').length > 0);
    const pointer = pointerOf({ generation: 1, epochs: { 'orders/0': 1, 'orders/1': 1 } });
    await base.put('meta', STORE_KEYS.pointer(PRODUCT), pointerDocument(pointer));
    expect(speed.keys('speed')).toHaveLength(1);
    for (let turn = 0; turn < 8; turn += 1) await deps.clock.advance(500);
    expect(speed.keys('speed')).toEqual([]);
    expect(servedPointer(speed).generation).toBe(1);
  });
});
