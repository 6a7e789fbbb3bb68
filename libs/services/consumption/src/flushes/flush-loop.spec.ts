import { MemoryLog } from '@tenon/testing';
import { HEADERS, STORE_KEYS, TOPICS, encodeMessage } from '@tenon/contracts';
import type { ConsumptionConfig } from '../deps';
import type { LandedFlushes } from '../landing/flushes';
import type { Fixture } from '../testing/consumption-fixture';
import { appendFlushes, fixture } from '../testing/consumption-fixture';
import { settle, until } from '../testing/manual-clock';
import { LAYOUT, PRODUCT, cells, flushOf, flushRecords, rows } from '../testing/sales';
import { FlushLoop } from './flush-loop';

const TOPIC = TOPICS.flushes(PRODUCT);

let deps: Fixture;
let told: LandedFlushes[];
const loops: FlushLoop[] = [];

const begin = (config: Partial<ConsumptionConfig> = {}) => {
  deps = fixture(config);
  told = [];
};

async function start(): Promise<FlushLoop> {
  const loop = new FlushLoop(deps, LAYOUT, (landed) => told.push(landed));
  loops.push(loop);
  await loop.start();
  return loop;
}

const applied = (loop: FlushLoop, count: number) =>
  until(`${count} flushes`, () => (loop.counts().applied ?? 0) >= count);

const mark = (partition: number) => deps.store.get('meta', STORE_KEYS.consumed(TOPIC, partition));

beforeEach(() => begin());
afterEach(async () => {
  for (const loop of loops.splice(0)) await loop.stop();
});

test('flushes of all partitions that were read together land in one transaction, with the offsets to resume at', async () => {
  await appendFlushes(deps, 0, ...flushRecords({ to: 3 }, cells({ ann: 2 })));
  await appendFlushes(deps, 0, ...flushRecords({ from: 3, to: 4 }, cells({ ann: 3 })));
  await appendFlushes(deps, 1, ...flushRecords({ partition: 1, to: 5 }, cells({ bob: 5 })));
  const loop = await start();
  await applied(loop, 3);
  expect(deps.store.commits).toBe(1);
  expect([mark(0), mark(1)]).toEqual([2, 1]);
  expect(await rows(deps.store)).toEqual({ ann: 3, bob: 5 });
  expect(told).toMatchObject([{ counts: { applied: 3, stale: 0, gap: 0 } }]);
});

test('a transaction takes about as many cells as it is to, and the marks of no more than that', async () => {
  begin({ landCells: 3 });
  const marks: unknown[] = [];
  for (let flush = 0; flush < 4; flush += 1)
    await appendFlushes(
      deps,
      0,
      ...flushRecords({ from: flush, to: flush + 1 }, cells({ ann: flush, bob: flush })),
    );
  deps.store.beforeWrite = (_, key) => {
    if (key === STORE_KEYS.consumed(TOPIC, 0)) marks.push(mark(0));
  };
  const loop = await start();
  await applied(loop, 4);
  expect(told.map(({ counts }) => counts)).toEqual([
    { applied: 2, stale: 0, gap: 0 },
    { applied: 2, stale: 0, gap: 0 },
  ]);
  expect([...marks, mark(0)]).toEqual([undefined, 2, 4]);
});

describe('of a flush of which some frames have come', () => {
  const records = () => flushRecords({ from: 2, to: 4 }, cells({ ann: 4, bob: 1, cy: 1 }), 1);

  beforeEach(async () => {
    await appendFlushes(deps, 0, ...flushRecords({ to: 2 }, cells({ ann: 2 })));
    await appendFlushes(deps, 0, ...records().slice(0, 2));
  });

  test('nothing lands, and its first frame is where a restart resumes', async () => {
    const loop = await start();
    await applied(loop, 1);
    await settle();
    expect(await rows(deps.store)).toEqual({ ann: 2 });
    expect(mark(0)).toBe(1);
    expect(loop.reading().next).toEqual({ 0: 3, 1: 0 });
  });

  test('all lands once the rest has come, after a restart too', async () => {
    const first = await start();
    await applied(first, 1);
    await first.stop();
    const second = await start();
    await appendFlushes(deps, 0, ...records().slice(2));
    await applied(second, 1);
    expect(await rows(deps.store)).toEqual({ ann: 4, bob: 1, cy: 1 });
    expect(second.counts()).toMatchObject({ applied: 1, stale: 0, gap: 0 });
    expect(mark(0)).toBe(4);
  });
});

test('where a transaction fails the loop fails with it, and whoever begins again lands the same', async () => {
  await appendFlushes(deps, 0, ...flushRecords({ to: 3 }, cells({ ann: 2, bob: 1 })));
  deps.store.beforeWrite = (table) => {
    if (table === 'meta') throw new Error('full');
  };
  const first = await start();
  await expect(first.done).rejects.toThrow('full');
  expect([deps.store.keys('speed'), deps.store.keys('meta')]).toEqual([[], []]);
  expect(told).toEqual([]);
  deps.store.beforeWrite = () => undefined;
  const second = await start();
  await first.stop();
  await applied(second, 1);
  expect(await rows(deps.store)).toEqual({ ann: 2, bob: 1 });
});

test.each([
  ['definition', { hash: 'h2' }],
  ['version', { product: 'sales@2' }],
  ['product', { product: 'returns@1' }],
])('flushes of another %s never land, and are no flushes that went missing', async (_, fields) => {
  await appendFlushes(deps, 0, ...flushRecords({ to: 3, ...fields }, cells({ zoe: 1 })));
  await appendFlushes(deps, 0, ...flushRecords({ to: 3 }, cells({ ann: 2 })));
  const loop = await start();
  await applied(loop, 1);
  expect(await rows(deps.store)).toEqual({ ann: 2 });
  expect(loop.counts()).toEqual({ applied: 1, stale: 0, gap: 0, damaged: 0, unreadable: 0 });
  expect(mark(0)).toBe(2);
});

test('what is damaged or no flush at all is counted, logged and passed over', async () => {
  const [good, bad] = [
    flushRecords({ to: 3 }, cells({ ann: 2 })),
    flushRecords({ to: 2 }, cells({ zoe: 1 })),
  ];
  const damaged = Buffer.from(bad[0] as Uint8Array);
  damaged[damaged.length - 3] = 0x39;
  await appendFlushes(deps, 0, damaged, Buffer.from('who knows'), ...good);
  const loop = await start();
  await applied(loop, 1);
  expect(loop.counts()).toMatchObject({ damaged: 1, unreadable: 1, applied: 1 });
  expect(deps.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields)).toMatchObject([
    { product: PRODUCT, topic: TOPIC, partition: 0, offset: 0, damaged: true },
    { product: PRODUCT, topic: TOPIC, partition: 0, offset: 1, damaged: false },
  ]);
  expect(mark(0)).toBe(3);
});

test('one of a newer release stops the loop: what stands before it has landed, it is left for who can read it', async () => {
  const newer = encodeMessage({ ...flushOf({ from: 3, to: 4 }), v: 9 } as never);
  await appendFlushes(deps, 0, ...flushRecords({ to: 3 }, cells({ ann: 2 })), newer);
  await appendFlushes(deps, 0, ...flushRecords({ from: 4, to: 5 }, cells({ ann: 5 })));
  const loop = await start();
  await expect(loop.done).rejects.toMatchObject({ code: 'unsupported-version' });
  expect(await rows(deps.store)).toEqual({ ann: 2 });
  expect(mark(0)).toBe(1);
});

test('a flush that comes again, and one that does not join on, are counted, and read on from', async () => {
  const record = flushRecords({ to: 3 }, cells({ ann: 2 }));
  await appendFlushes(deps, 0, ...record, ...record, ...flushRecords({ from: 4, to: 5 }, cells({ ann: 9 })));
  const loop = await start();
  await applied(loop, 1);
  expect(loop.counts()).toMatchObject({ applied: 1, stale: 1, gap: 1 });
  expect(told.map(({ gaps }) => [...gaps])).toEqual([['orders/0']]);
  expect(mark(0)).toBe(3);
});

test('two instances share the partitions, and the one that is left reads on from where the other one was', async () => {
  const [first, second] = [await start(), await start()];
  await until(
    'one each',
    () => first.has({ source: 'orders', partition: 0 }) && second.has({ source: 'orders', partition: 1 }),
  );
  expect(first.has({ source: 'orders', partition: 1 })).toBe(false);
  await appendFlushes(deps, 1, ...flushRecords({ partition: 1, to: 2 }, cells({ bob: 2 })));
  await applied(second, 1);
  await second.stop();
  await until('both', () => first.has({ source: 'orders', partition: 1 }));
  await appendFlushes(deps, 1, ...flushRecords({ partition: 1, from: 2, to: 3 }, cells({ bob: 3 })));
  await applied(first, 1);
  expect(first.counts()).toMatchObject({ applied: 1, stale: 0, gap: 0 });
  expect(await rows(deps.store)).toEqual({ bob: 3 });
});

test('nothing is written where nothing was read', async () => {
  await start();
  await deps.clock.advance(5000);
  expect(deps.store.commits).toBe(0);
});

test('a flush that comes from a trace lands in a span of it', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const started: unknown[] = [];
  const span = {
    traceparent,
    sampled: true,
    set: () => undefined,
    fail: () => undefined,
    end: () => undefined,
  };
  const tracer = {
    enabled: true,
    systems: { log: 'log', bus: 'bus', store: 'store' },
    start: (name: string, { parent }: { parent?: string | undefined } = {}) => {
      started.push([name, parent]);
      return span;
    },
  };
  await appendFlushes(deps, 0);
  const [value] = flushRecords({ to: 3 }, cells({ ann: 2 }));
  await deps.log.append(TOPIC, [
    { partition: 0, key: null, value: value as Uint8Array, headers: { [HEADERS.traceparent]: traceparent } },
  ]);
  deps = { ...deps, tracer };
  await applied(await start(), 1);
  expect(started).toEqual([
    [`process ${TOPIC}`, traceparent],
    ['transaction', traceparent],
  ]);
});

test('what comes in a topic that was made anew lands, also where it ends at the offset of before', async () => {
  await deps.store.transact(async (tx) => tx.put('meta', STORE_KEYS.consumed(TOPIC, 0), 2));
  const log = new MemoryLog();
  await log.ensureTopic({ name: TOPIC, partitions: LAYOUT.lanes.length });
  const append = (value: Uint8Array) => log.append(TOPIC, [{ partition: 0, key: null, value }]);
  const [first] = flushRecords({ to: 3 }, cells({ ann: 2 })) as [Uint8Array];
  const [second] = flushRecords({ to: 5 }, cells({ ann: 4 })) as [Uint8Array];
  await append(first);
  const loop = new FlushLoop({ ...deps, log }, LAYOUT, (landed) => told.push(landed));
  loops.push(loop);
  await loop.start();
  await until('it goes on beside what is gone', () =>
    deps.lines.some(({ message }) => /goes on/.test(message)),
  );
  await append(second);
  await applied(loop, 1);
  expect(await rows(deps.store)).toEqual({ ann: 4 });
});
