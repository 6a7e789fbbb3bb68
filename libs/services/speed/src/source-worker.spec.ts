import { SUBJECTS, replayHint } from '@tenon/contracts';
import type { Pointer } from '@tenon/domain';
import { emptyPointer } from '@tenon/domain';
import type { Bus, NewRecord } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog, MemoryTroubleBook } from '@tenon/testing';
import { SPEED_DEFAULTS } from './deps';
import { SourceWorker } from './source-worker';
import { CountingEngine } from './testing/counting-engine';
import { flushesIn, spansIn } from './testing/flushes';
import { SOURCE, barrier, layout, order, stranger } from './testing/orders';

const EVENTS = 'tenon.events.orders';
const LAYOUTS = [layout('per_shop'), layout('other')];

interface Options {
  /** Of the two products. */
  readonly pointers?: readonly (Partial<Pointer> | undefined)[];
  readonly log?: MemoryLog;
  readonly maxRecords?: number;
}

async function start({ pointers = [], log = new MemoryLog(), maxRecords = 1000 }: Options = {}) {
  const engine = new CountingEngine();
  const handlers = new Map<string, (message: { payload: unknown }) => void>();
  const served = [...pointers];
  const bus = {
    subscribe: async (subject: string, handle: (message: { payload: unknown }) => void) => {
      handlers.set(subject, handle);
      return { close: async () => void handlers.delete(subject) };
    },
  } as unknown as Bus;
  let id = 0;
  const deps = {
    ...{ log, bus, engine: engine.asEngine(), logger: NO_LOGGER, sources: [SOURCE], plans: [] },
    ids: { next: () => `id-${(id += 1)}` },
    clock: { now: () => 0, monotonic: () => 0, sleep: async () => undefined },
    config: { ...SPEED_DEFAULTS, maxRecords },
    troubles: new MemoryTroubleBook(),
    pointers: {
      read: async (plans: readonly unknown[]) =>
        plans.map((_, index) => {
          const pointer = served[index];
          return pointer === undefined ? undefined : { ...emptyPointer(''), ...pointer };
        }),
    },
  };
  const worker = new SourceWorker(deps, SOURCE, LAYOUTS);
  await worker.start();
  /** Appends, and waits until all of it has been dealt with. */
  const feed = async (...records: NewRecord[]) => {
    await log.append(EVENTS, records);
    await log.idle(EVENTS);
    await new Promise(setImmediate);
  };
  return { worker, log, engine, handlers, served, feed };
}

async function logWith(...records: NewRecord[]): Promise<MemoryLog> {
  const log = new MemoryLog();
  await log.ensureTopic({ name: EVENTS, partitions: 2 });
  await log.append(EVENTS, records);
  return log;
}

describe('a source’s worker', () => {
  it('flushes what each poll changed, for every product and partition, in one engine run', async () => {
    const { feed, engine, log, worker } = await start();
    await feed(order('a', '01:north', 0), order('b', '01:north', 1), order('c', '02:south', 1));
    expect(engine.opened).toEqual([['01:north', '01:north', '02:south']]);
    for (const product of ['per_shop@1', 'other@1'])
      expect(spansIn(log, product)).toEqual(['p0 e0 0-1', 'p1 e0 0-2']);
    await feed(order('d', '01:north', 1));
    expect(flushesIn(log).at(-1)).toMatchObject({
      message: { partition: 1, epoch: 0, start: 0, from: 2, to: 3, end: { ledger: { aggregated: 3 } } },
      cells: { '01:north': 2 },
    });
    await worker.stop();
  });

  it('closes an epoch at its barrier; what follows counts in the next one alone', async () => {
    const { feed, log, worker } = await start();
    await feed(order('a'), barrier(1), order('b'), order('c', '01:north', 1));
    expect(spansIn(log)).toEqual(['p0 e0 0-2.', 'p0 e1 2-3', 'p1 e0 0-1']);
    expect(flushesIn(log)[1]?.cells).toEqual({ '01:north': 1 });
    expect(flushesIn(log)[0]?.message.end?.ledger).toMatchObject({ aggregated: 1, control: 1 });
    await worker.stop();
  });

  it('takes a partition that has no barrier on while another one’s epoch ends: rounds are as few as can be', async () => {
    const { feed, engine, worker } = await start();
    await feed(
      order('a'),
      barrier(1),
      order('b'),
      order('c', '02:south', 1),
      barrier(1, 1),
      order('d', '', 1),
    );
    expect(engine.opened).toEqual([
      ['01:north', '02:south'],
      ['01:north', ''],
    ]);
    await worker.stop();
  });

  it('flushes where only duplicates and control records came, without asking the engine', async () => {
    const { feed, engine, log, worker } = await start();
    await feed(order('a'));
    await feed(order('a'), barrier(0));
    expect(engine.opened).toHaveLength(1);
    expect(flushesIn(log).at(-1)?.message).toMatchObject({
      ...{ from: 1, to: 3 },
      end: { closed: false, ledger: { aggregated: 1, duplicate: 1, control: 1 } },
    });
    await worker.stop();
  });

  it('begins at the oldest cut of its products, and reads the dedupe window before it', async () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => order(id));
    const log = await logWith(...before, barrier(1), order('f'), order('g'), barrier(2), order('h'));
    const { worker, engine } = await start({
      log,
      pointers: [
        { cut: { 'orders/0': 10 }, epochs: { 'orders/0': 2 } },
        { cut: { 'orders/0': 7 }, epochs: { 'orders/0': 1 } },
      ],
    });
    await log.idle(EVENTS);
    // `f` at 7 is a duplicate of that at 5, which stands behind the cut.
    expect(spansIn(log)).toEqual(['p0 e1 7-10.', 'p0 e2 10-11']);
    expect(flushesIn(log)[0]?.message.end?.ledger).toMatchObject({ aggregated: 1, duplicate: 1, control: 1 });
    expect(engine.opened).toEqual([['01:north'], ['01:north']]);
    await worker.stop();
  });

  it('begins at the first record where one of its products has never been served', async () => {
    const log = await logWith(order('a'), barrier(1), order('b'));
    const { worker } = await start({
      log,
      pointers: [{ cut: { 'orders/0': 2 }, epochs: { 'orders/0': 1 } }, undefined],
    });
    await log.idle(EVENTS);
    expect(spansIn(log)).toEqual(['p0 e0 0-2.', 'p0 e1 2-3']);
    await worker.stop();
  });

  it('reads a lane again from its cut when consumption missed a flush; the others go on', async () => {
    const { feed, handlers, served, log, worker } = await start();
    await feed(order('a'), barrier(1), order('b'), order('c', '01:north', 1));
    served.push(
      { cut: { 'orders/0': 2 }, epochs: { 'orders/0': 1 } },
      { cut: { 'orders/0': 2 }, epochs: { 'orders/0': 1 } },
    );
    const count = flushesIn(log).length;
    const ask = handlers.get(SUBJECTS.replay('per_shop@1'));
    ask?.({ payload: replayHint({ source: 'orders', partition: 0 }) });
    ask?.({ payload: replayHint({ source: 'others', partition: 1 }) });
    await feed(order('d', '02:south', 0), order('e', '01:north', 1));
    const again = spansIn(log);
    expect(again.filter((span) => span.startsWith('p0')).slice(-2)).toEqual(['p0 e1 3-4', 'p0 e1 2-4']);
    expect(again.filter((span) => span.startsWith('p1'))).toEqual(['p1 e0 0-1', 'p1 e0 1-2']);
    expect(again.length).toBeGreaterThan(count);
    await worker.stop();
  });

  it('begins a partition anew that was lost and came back, and flushes nothing for one that is lost', async () => {
    const { feed, log, worker } = await start();
    await feed(order('a'), order('b', '01:north', 1));
    const reader = log.readers.get(EVENTS);
    reader?.revoke(0);
    await log.idle(EVENTS);
    await feed(order('c'));
    expect(worker.status()).toMatchObject({ partitions: [{ partition: 1 }] });
    reader?.assign(0);
    await log.idle(EVENTS);
    expect(spansIn(log).filter((span) => span.startsWith('p0'))).toEqual(['p0 e0 0-1', 'p0 e0 0-2']);
    await worker.stop();
  });

  it('dead-letters whole what conflicts, what is poison, and what a product can’t take, with its reason', async () => {
    const { feed, log, worker } = await start();
    await feed(order('a'), order('a', '09:east'), stranger(), order('p', 'poison'), order('o', 'other: 1'));
    const letters = log
      .all('tenon.dlq.orders')
      .map((record) => [
        Buffer.from(record.key as Uint8Array).toString(),
        Buffer.from(record.value).toString(),
        record.header('tenon-reason'),
      ]);
    expect(letters).toEqual([
      ['0/1', '09:east', 'id-conflict'],
      ['0/3', 'poison', 'poison'],
      ['0/4', 'other: 1', 'other:cast'],
    ]);
    const ledgerOf = (product: string) => flushesIn(log, product)[0]?.message.end?.ledger;
    expect(ledgerOf('per_shop@1')).toMatchObject({ aggregated: 3, deadLettered: 2 });
    expect(ledgerOf('other@1')).toMatchObject({ aggregated: 2, deadLettered: 3 });
    await worker.stop();
  });

  it('lets the engine put away one micro-batch before it opens the next', async () => {
    const { feed, engine, worker } = await start({ maxRecords: 1 });
    engine.beforeClose = () => new Promise(setImmediate);
    await feed(order('a'), order('b'), order('c'));
    await worker.stop();
    expect(engine.steps).toEqual(['open', 'close', 'open', 'close', 'open', 'close']);
  });

  it('ends with an error where the engine fails, and has flushed nothing of what it had read', async () => {
    const { log, engine, worker } = await start();
    engine.beforeOpen = () => {
      throw new Error('out of memory');
    };
    await log.append(EVENTS, [order('a')]);
    await expect(worker.done).rejects.toThrow('out of memory');
    expect(spansIn(log)).toEqual([]);
  });

  it('hands over all that it has read before it stops', async () => {
    const { feed, log, worker } = await start();
    const open: (() => void)[] = [];
    await feed(order('a'));
    log.beforeAppend = (topic) =>
      topic.startsWith('tenon.flushes') ? new Promise<void>((resolve) => open.push(resolve)) : undefined;
    await log.append(EVENTS, [order('b')]);
    await log.idle(EVENTS);
    const stopped = worker.stop();
    log.beforeAppend = () => undefined;
    for (const one of open) one();
    await stopped;
    expect(spansIn(log)).toEqual(['p0 e0 0-1', 'p0 e0 1-2']);
  });
});
