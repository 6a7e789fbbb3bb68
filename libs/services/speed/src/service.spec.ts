import type { Bus } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog, MemoryTroubleBook } from '@tenon/testing';
import { SPEED_DEFAULTS } from './deps';
import { createSpeed } from './service';
import { CountingEngine } from './testing/counting-engine';
import { SOURCE, order, planOf } from './testing/orders';
import { steppingClock } from './testing/stepping-clock';

const EVENTS = 'tenon.events.orders';

/** Speed over two sources, of which each has a product. */
function begin(log: MemoryLog) {
  const engine = new CountingEngine();
  const returns = { ...SOURCE, name: 'returns' };
  let id = 0;
  return createSpeed({
    ...{ log, engine: engine.asEngine(), logger: NO_LOGGER },
    bus: { subscribe: async () => ({ close: async () => undefined }) } as unknown as Bus,
    pointers: { read: async (plans) => plans.map(() => undefined) },
    troubles: new MemoryTroubleBook(),
    clock: steppingClock(),
    ids: { next: () => `id-${(id += 1)}` },
    sources: [SOURCE, returns, { ...SOURCE, name: 'unread' }],
    plans: [planOf('per_shop'), planOf('returned', { source: 'returns' })],
    config: SPEED_DEFAULTS,
  });
}

test('speed reads each source that has products, and no other', async () => {
  const log = new MemoryLog();
  const speed = await begin(log);
  expect([...log.readers.keys()].sort()).toEqual([EVENTS, 'tenon.events.returns']);
  expect(speed.readings?.().map(({ topic }) => topic)).toEqual([EVENTS, 'tenon.events.returns']);
  await log.append(EVENTS, [order('a'), order('b', '02:south')]);
  await log.idle(EVENTS);
  expect(speed.status()).toMatchObject({ sources: [{ events: 2, cells: 2 }, { events: 0 }] });
  await speed.stop();
  expect([...log.readers.values()].map(({ closed }) => closed)).toEqual([true, true]);
});

test('a start that fails leaves nothing behind that holds partitions', async () => {
  const log = new MemoryLog();
  const consume = log.consume.bind(log);
  log.consume = async (options) => {
    if (options.topic.endsWith('returns')) throw new Error('the log is away');
    return consume(options);
  };
  await expect(begin(log)).rejects.toThrow('the log is away');
  expect(log.readers.get(EVENTS)?.closed).toBe(true);
});
