import type { Bus } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog, MemoryStore, MemoryTroubleBook, createManualClock, eventually } from '@tenon/testing';
import { BATCH_DEFAULTS } from './deps';
import { createBatch } from './service';
import { ListingEngine, MemoryLake } from './testing/memory-lake';
import { EVENTS, PLAN, SOURCE, barrier, cell, order } from './testing/orders';
import { RANGES, readRange } from './testing/ranges';

/** Batch over two sources, of which one has products: one for batch, and one that no batch runs for. */
function begin(log: MemoryLog) {
  const engine = new ListingEngine();
  engine.cells = [[cell('north')]];
  const store = new MemoryStore();
  const clock = createManualClock();
  let id = 0;
  const batch = createBatch({
    ...{ log, clock, lake: new MemoryLake(), engine: engine.asEngine(), logger: NO_LOGGER },
    bus: { subscribe: async () => ({ close: async () => undefined }) } as unknown as Bus,
    pointers: { read: async (plans) => plans.map(() => undefined) },
    troubles: new MemoryTroubleBook(),
    store,
    ids: { next: () => `id-${(id += 1)}` },
    sources: [SOURCE, { ...SOURCE, name: 'returns' }],
    plans: [PLAN, { ...PLAN, product: 'live_only', topology: 'kappa' }],
    config: BATCH_DEFAULTS,
  });
  return { batch, clock, store };
}

test('batch archives every source, and runs for the products that are not Kappa’s at a cut', async () => {
  const log = new MemoryLog();
  const { batch, clock } = begin(log);
  const service = await batch;
  await log.append(EVENTS, [order('a'), barrier(1), order('b', 1), barrier(1, 1)]);
  await log.append('tenon.events.returns', [order('c')]);
  await log.idle(EVENTS);
  await clock.advance(0);
  expect(readRange(log).commits).toMatchObject([{ from: 0, to: 1 }]);
  expect([...log.topics.keys()].filter((topic) => topic.startsWith('tenon.ranges'))).toEqual([RANGES]);
  expect(service.status()).toMatchObject({
    sources: [
      { source: 'orders', archived: { 0: 2, 1: 2 } },
      { source: 'returns', held: 1 },
    ],
    leases: ['batch/per_shop@1'],
  });
  await service.stop();
});

test('it goes on with other products: one that comes gets its run from the archive as it is, one that goes gives its lease back', async () => {
  const log = new MemoryLog();
  const { batch, clock } = begin(log);
  const service = await batch;
  await log.append(EVENTS, [order('a'), barrier(1), order('b', 1), barrier(1, 1)]);
  await log.idle(EVENTS);
  await clock.advance(0);
  await service.adopt?.([{ ...PLAN, product: 'another' }]);
  await eventually('the run of the other one', async () => {
    await clock.advance(0);
    return log.all('tenon.ranges.another.1').length > 0;
  });
  expect(service.status()).toMatchObject({ leases: ['batch/another@1'] });
  expect(readRange(log).commits).toHaveLength(1);
  await service.stop();
});

test('a start that fails leaves nothing behind: no reader, and no lease', async () => {
  const log = new MemoryLog();
  await log.ensureTopic({ name: EVENTS, partitions: 2 });
  await log.append(EVENTS, [barrier(1), barrier(1, 1)]);
  const consume = log.consume.bind(log);
  let fail = () => {};
  log.consume = async (options) => {
    if (options.topic === EVENTS) return consume(options);
    await new Promise<void>((resolve) => (fail = resolve));
    throw new Error('the log is away');
  };
  const { batch, clock, store } = begin(log);
  const failed = expect(batch).rejects.toThrow('the log is away');
  await clock.advance(0);
  expect(store.get('meta', 'lease/batch/per_shop@1')).toMatchObject({ owner: 'id-1' });
  fail();
  await failed;
  expect(store.get('meta', 'lease/batch/per_shop@1')).toMatchObject({ owner: null });
  expect(log.readers.get(EVENTS)?.closed).toBe(true);
});
