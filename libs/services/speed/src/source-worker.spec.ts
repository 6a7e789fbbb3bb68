import { SUBJECTS, replayHint } from '@tenon/contracts';
import type { Pointer } from '@tenon/domain';
import { emptyPointer } from '@tenon/domain';
import { TenonError, Unavailable } from '@tenon/errors';
import type { Bus, NewRecord, ReadOptions } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog, MemoryTroubleBook } from '@tenon/testing';
import type { SpeedDeps } from './deps';
import { SPEED_DEFAULTS } from './deps';
import { SourceWorker } from './source-worker';
import { CountingEngine } from './testing/counting-engine';
import { flushesIn, spansIn } from './testing/flushes';
import { SOURCE, barrier, layout, order, stranger } from './testing/orders';
import { steppingClock } from './testing/stepping-clock';

const EVENTS = 'tenon.events.orders';
const LAYOUTS = [layout('per_shop'), layout('other')];

interface Options {
  /** Of the two products. */
  readonly pointers?: readonly (Partial<Pointer> | undefined)[];
  readonly log?: MemoryLog;
  readonly maxRecords?: number;
  readonly older?: SpeedDeps['older'];
  readonly layouts?: typeof LAYOUTS;
}

async function start(options: Options = {}) {
  const { pointers = [], log = new MemoryLog(), maxRecords = 1000, older, layouts = LAYOUTS } = options;
  const engine = new CountingEngine();
  const troubles = new MemoryTroubleBook();
  const clock = steppingClock();
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
    ...{ log, bus, engine: engine.asEngine(), logger: NO_LOGGER, sources: [SOURCE] },
    ...{ plans: layouts.map(({ plan }) => plan), ...(older !== undefined && { older }) },
    ids: { next: () => `id-${(id += 1)}` },
    clock,
    config: { ...SPEED_DEFAULTS, maxRecords },
    troubles,
    pointers: {
      read: async (plans: readonly { readonly product: string }[]) =>
        plans.map(({ product }) => {
          const pointer = served[product === 'per_shop' ? 0 : 1];
          return pointer === undefined ? undefined : { ...emptyPointer(''), ...pointer };
        }),
    },
  };
  const worker = new SourceWorker(deps, SOURCE, layouts);
  await worker.start();
  /** Appends, and waits until all of it has been dealt with. */
  const feed = async (...records: NewRecord[]) => {
    await log.append(EVENTS, records);
    await log.idle(EVENTS);
    await new Promise(setImmediate);
  };
  return { worker, log, engine, handlers, served, feed, troubles, clock };
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

  it('goes on with other products: who stays is not read again, who is new catches up, who is gone flushes no more', async () => {
    const { feed, engine, log, worker } = await start();
    const [perShop] = LAYOUTS as [(typeof LAYOUTS)[0]];
    await feed(order('a'), order('b', '01:north', 1));
    await worker.change([perShop, layout('late')]);
    await log.idle(EVENTS);
    await feed(order('c'));
    await feed(order('d', '02:south', 1));
    expect(worker.status()).toMatchObject({ catchingUp: [] });
    expect(spansIn(log)).toEqual(['p0 e0 0-1', 'p0 e0 1-2', 'p1 e0 0-1', 'p1 e0 1-2']);
    expect(spansIn(log, 'other@1')).toEqual(['p0 e0 0-1', 'p1 e0 0-1']);
    const late = flushesIn(log, 'late@1').filter(({ message }) => message.partition === 0);
    expect(late.at(-1)).toMatchObject({ message: { start: 0, to: 2 }, cells: { '01:north': 2 } });
    expect(engine.opened.at(-1)).toEqual(['02:south']);
    await worker.stop();
  });

  it('refuses a version that is to mean something else', async () => {
    const { worker } = await start();
    const [perShop] = LAYOUTS as [(typeof LAYOUTS)[0]];
    const plan = { ...perShop.plan, hash: 'another' };
    await expect(worker.change([{ ...perShop, plan }])).rejects.toThrow('computed otherwise');
    await worker.stop();
  });

  it('begins at the newest cut of its products, and reads the dedupe window before it; who is behind catches up', async () => {
    const before = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => order(id));
    const log = await logWith(...before, barrier(1), order('f'), order('g'), barrier(2), order('h'));
    const { worker, feed } = await start({
      log,
      pointers: [
        { cut: { 'orders/0': 10 }, epochs: { 'orders/0': 2 } },
        { cut: { 'orders/0': 7 }, epochs: { 'orders/0': 1 } },
      ],
    });
    await log.idle(EVENTS);
    await feed(order('i', '01:north', 1));
    expect(spansIn(log, 'per_shop@1')).toEqual(['p0 e2 10-11', 'p1 e0 0-1']);
    // `f` at 7 is a duplicate of that at 5, which stands behind the cut.
    expect(flushesIn(log, 'other@1')[0]?.message.end?.ledger).toMatchObject({ aggregated: 1, duplicate: 1 });
    await feed(order('j'), barrier(3));
    for (const [product, first] of [
      ['per_shop@1', []],
      ['other@1', ['p0 e1 7-10.']],
    ] as const) {
      const spans = spansIn(log, product).filter((span) => span.startsWith('p0'));
      expect(spans).toEqual([...first, 'p0 e2 10-11', 'p0 e2 11-13.']);
    }
    expect(worker.status()).toMatchObject({ catchingUp: [] });
    await worker.stop();
  });

  it('folds a product that has never been served from the first record on, beside the others', async () => {
    const log = await logWith(order('a'), barrier(1), order('b'));
    const { worker, engine, feed } = await start({
      log,
      pointers: [{ cut: { 'orders/0': 2 }, epochs: { 'orders/0': 1 } }, undefined],
    });
    await log.idle(EVENTS);
    await feed(order('c', '02:south', 1));
    expect(spansIn(log, 'other@1')).toEqual(['p0 e0 0-2.', 'p0 e1 2-3', 'p1 e0 0-1']);
    expect(spansIn(log, 'per_shop@1')).toEqual(['p0 e1 2-3', 'p1 e0 0-1']);
    engine.opened.length = 0;
    await feed(order('d', '02:south'));
    expect(engine.opened).toEqual([['02:south']]);
    await worker.stop();
  });

  it('hands over the states of a product that is far behind from time to time, and all of them where it is near', async () => {
    const orders = (count: number, from: number) =>
      Array.from({ length: count }, (_, index) => order(`o${from + index}`));
    const log = await logWith(...orders(6000, 0), barrier(1), ...orders(5000, 6000));
    const read = log.read.bind(log);
    log.read = async (topic, partition, from, { maxRecords = Infinity }: ReadOptions = {}) =>
      (await read(topic, partition, from)).slice(0, maxRecords);
    const { worker, feed, clock } = await start({
      log,
      pointers: [{ cut: { 'orders/0': 6001 }, epochs: { 'orders/0': 1 } }, undefined],
    });
    await log.idle(EVENTS);
    const spans = () => spansIn(log, 'other@1').filter((span) => span.startsWith('p0'));
    for (let i = 0; i < 20; i++) {
      await clock.advance(10);
      await feed(order(`p${i}`, '01:north', 1));
    }
    const [first, ...others] = spans();
    // Of some dozen rounds.
    expect(first).toBe('p0 e0 0-6001.');
    expect(others.length).toBeLessThan(5);
    expect(others.at(-1)).toMatch(/-11001$/);
    expect(
      flushesIn(log, 'other@1')
        .filter(({ message }) => message.partition === 0)
        .at(-1),
    ).toMatchObject({
      message: { end: { ledger: { aggregated: 5000 } } },
      cells: { '01:north': 5000 },
    });
    await worker.stop();
  });

  describe('asked to replay a product', () => {
    const ask = (handlers: ReadonlyMap<string, (message: { payload: unknown }) => void>, source = 'orders') =>
      handlers.get(SUBJECTS.replay('per_shop@1'))?.({ payload: replayHint({ source, partition: 0 }) });

    it('folds that one again from its cut, and lets the others and the other lanes be', async () => {
      const { feed, handlers, served, log, worker } = await start();
      await feed(order('a'), barrier(1), order('b'), order('c', '01:north', 1));
      const served1 = { cut: { 'orders/0': 2 }, epochs: { 'orders/0': 1 } };
      served.push(served1, served1);
      ask(handlers, 'others');
      ask(handlers);
      await feed(order('d', '02:south', 0), order('e', '01:north', 1));
      await feed(order('f', '02:south', 0));
      const lane = (product: string, at: string) => spansIn(log, product).filter((one) => one.startsWith(at));
      expect(lane('per_shop@1', 'p0').slice(2)).toEqual(['p0 e1 3-4', 'p0 e1 2-5']);
      expect(lane('other@1', 'p0').slice(2)).toEqual(['p0 e1 3-4', 'p0 e1 4-5']);
      expect(lane('per_shop@1', 'p1')).toEqual(['p1 e0 0-1', 'p1 e0 1-2']);
      await worker.stop();
    });

    it('does not where it is slow, and has flushed no more than what has landed', async () => {
      const { feed, handlers, log, worker } = await start();
      await feed(order('a'), order('b'));
      const asked = (included: number) =>
        handlers.get(SUBJECTS.replay('per_shop@1'))?.({
          payload: replayHint({ source: 'orders', partition: 0, included }),
        });
      asked(2);
      await feed(order('c', '01:north', 1));
      await feed(order('d', '01:north', 1));
      expect(spansIn(log).filter((one) => one.startsWith('p0'))).toEqual(['p0 e0 0-2']);
      asked(1);
      await feed(order('e', '01:north', 1));
      await feed(order('f', '01:north', 1));
      expect(spansIn(log).filter((one) => one.startsWith('p0'))).toEqual(['p0 e0 0-2', 'p0 e0 0-2']);
      await worker.stop();
    });

    it('does not begin again while it is at it, however often it is asked', async () => {
      const { feed, handlers, log, worker } = await start();
      await feed(order('a'), order('b'));
      const begins = () =>
        flushesIn(log).filter(({ message }) => message.partition === 0 && message.from === 0);
      for (let asked = 0; asked < 3; asked++) ask(handlers);
      await feed(order('c'));
      for (let asked = 0; asked < 3; asked++) ask(handlers);
      await feed(order('d'));
      await feed(order('e'));
      expect(begins()).toHaveLength(2);
      ask(handlers);
      await feed(order('f'));
      await feed(order('g'));
      expect(begins()).toHaveLength(3);
      await worker.stop();
    });
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

  describe('where one product fails', () => {
    /** `other` fails at each event that says `cut_off`, whatever else there is. */
    async function failing() {
      const all = await start();
      const broken = { is: true };
      all.engine.beforeAggregate = ({ product }, texts) => {
        if (broken.is && product === 'other' && texts.includes('09:cut_off')) throw new Error('no such zone');
      };
      return { ...all, broken };
    }

    it('the others go on, and it stands in the book, with its lane and the reason', async () => {
      const { feed, log, worker, troubles, clock } = await failing();
      await feed(order('a'), order('b', '09:cut_off'));
      await clock.advance(1000);
      await feed(order('c'), order('d', '01:north', 1));
      expect(spansIn(log, 'per_shop@1')).toEqual(['p0 e0 0-2', 'p0 e0 2-3', 'p1 e0 0-1']);
      expect(spansIn(log, 'other@1')).toEqual(['p1 e0 0-1']);
      const lane = { source: 'orders', partition: 0 };
      expect(troubles.of('other@1')).toMatchObject([
        { layer: 'speed', code: 'product-failed', reason: 'no such zone', ...lane },
      ]);
      expect(troubles.of('per_shop@1')).toEqual([]);
      expect(worker.degraded()).toEqual(['other@1, orders, partition 0: no such zone']);
      expect(worker.trouble).toBeNull();
      await worker.stop();
    });

    it('it begins again from its cut after a pause that grows, and is well once it has caught up', async () => {
      const { feed, log, worker, troubles, clock, broken } = await failing();
      await feed(order('a'), order('b', '09:cut_off'));
      for (let second = 0; second < 4; second++) {
        await clock.advance(1000);
        await feed(order(`c${second}`));
      }
      expect(troubles.of('other@1')).toHaveLength(1);
      broken.is = false;
      for (let second = 0; second < 8; second++) {
        await clock.advance(1000);
        await feed(order(`d${second}`));
      }
      const other = spansIn(log, 'other@1');
      expect(other[0]).toMatch(/^p0 e0 0-/);
      expect(other.at(-1)).toBe(spansIn(log, 'per_shop@1').at(-1));
      expect(flushesIn(log, 'other@1').at(-1)?.cells).toEqual(flushesIn(log, 'per_shop@1').at(-1)?.cells);
      expect([troubles.of('other@1'), worker.degraded()]).toEqual([[], []]);
      await worker.stop();
    });

    it('what the book did not take is taken out later', async () => {
      const { feed, worker, troubles, clock, broken } = await failing();
      await feed(order('a', '09:cut_off'));
      await clock.advance(1000);
      await feed(order('b'));
      expect(troubles.of('other@1')).toHaveLength(1);
      broken.is = false;
      let refusals = 0;
      const { clear } = troubles;
      troubles.clear = async () => {
        if (++refusals > 2) troubles.clear = clear;
        throw new Unavailable('the store is away');
      };
      for (let second = 0; second < 12; second++) {
        await clock.advance(1000);
        await feed(order(`c${second}`));
      }
      expect([refusals, troubles.of('other@1'), worker.degraded()]).toEqual([3, [], []]);
      await worker.stop();
    });

    it('what one has written who lost the lane and did not know is out within two minutes', async () => {
      const { feed, worker, troubles, clock } = await start();
      await feed(order('a'));
      const trouble = { layer: 'speed', code: 'unavailable', reason: 'as a zombie sees it' } as const;
      await troubles.report('other@1', { ...trouble, source: 'orders', partition: 0 });
      await troubles.report('other@1', { ...trouble, source: 'orders', partition: 7 });
      for (const minute of ['b', 'c']) {
        await clock.advance(60_000);
        await feed(order(minute));
      }
      expect(troubles.of('other@1')).toMatchObject([{ partition: 7 }]);
      await worker.stop();
    });

    it('what no waiting mends is not tried again until a cut spares it that', async () => {
      const { feed, log, worker, served, clock } = await start();
      let tries = 0;
      log.beforeAppend = (topic) => {
        if (topic !== 'tenon.flushes.other.1') return;
        tries += 1;
        throw new TenonError('record-too-large', 'too large');
      };
      await feed(order('a'));
      for (let second = 0; second < 30; second++) {
        await clock.advance(1000);
        await feed(order(`b${second}`, '01:north', 1));
      }
      expect(tries).toBe(2); // one in each lane
      expect(spansIn(log, 'per_shop@1')).toHaveLength(31);
      log.beforeAppend = () => undefined;
      const served1 = { cut: { 'orders/0': 2 }, epochs: { 'orders/0': 1 } };
      await feed(barrier(1), order('c'));
      served.push(served1, served1);
      for (let second = 0; second < 3; second++) {
        await clock.advance(1000);
        await feed(order(`d${second}`));
      }
      expect(spansIn(log, 'other@1').filter((span) => span.startsWith('p0 e1'))[0]).toMatch(/^p0 e1 2-/);
      const last = (product: string) =>
        spansIn(log, product)
          .filter((span) => span.startsWith('p0'))
          .at(-1);
      expect(last('other@1')).toBe(last('per_shop@1'));
      await worker.stop();
    });

    it('whoever of them it is shows when the engine takes none of them together', async () => {
      const { feed, log, engine, worker } = await start();
      engine.beforeOpen = (plans) => {
        if (plans.some(({ product }) => product === 'other')) throw new Error('a column of other');
      };
      await feed(order('a'));
      expect([spansIn(log, 'per_shop@1'), spansIn(log, 'other@1')]).toEqual([['p0 e0 0-1'], []]);
      await worker.stop();
    });

    it('all of them: the worker is not ready, and has flushed nothing of what it had read', async () => {
      const { log, engine, worker, feed } = await start();
      engine.beforeOpen = () => {
        throw new Error('out of memory');
      };
      await feed(order('a'), order('b', '01:north', 1));
      expect(spansIn(log)).toEqual([]);
      expect(worker.trouble).toContain('out of memory');
      await worker.stop();
    });
  });

  describe('where the log has lost records that one product needs', () => {
    const lane = { source: 'orders', partition: 0 };
    /** `per_shop` is served at 7; `other` has never been served, and the log begins at `start`. */
    async function holed(start_: number) {
      const log = await logWith(
        ...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => order(id)),
        barrier(1),
        ...['g', 'h'].map((id) => order(id)),
      );
      log.lose(EVENTS, 0, start_);
      const pointers = [{ cut: { 'orders/0': 7 }, epochs: { 'orders/0': 1 } }, undefined];
      const all = await start({ log, pointers });
      await log.idle(EVENTS);
      await all.feed(order('x', '01:north', 1));
      return all;
    }
    const inLane0 = (log: MemoryLog, product: string) =>
      spansIn(log, product).filter((span) => span.startsWith('p0'));

    it('that one stands and says which; its neighbours go on, and say nothing', async () => {
      const { log, worker, feed, clock, troubles } = await holed(2);
      await clock.advance(1000);
      await feed(order('i'));
      expect(inLane0(log, 'per_shop@1')).toEqual(['p0 e1 7-9', 'p0 e1 9-10']);
      expect(inLane0(log, 'other@1')).toEqual([]);
      const hole = { layer: 'speed', code: 'log-hole', ...lane, from: 0, to: 2 };
      expect(troubles.of('other@1')).toMatchObject([hole]);
      expect(troubles.of('per_shop@1')).toEqual([]);
      await worker.stop();
    });

    it('nothing is read of a log that ends before the cut, though the window lies within it', async () => {
      const log = await logWith(order('a'), order('b'));
      const pointers = [7, 7].map((cut) => ({ cut: { 'orders/0': cut }, epochs: { 'orders/0': 1 } }));
      const { worker, feed, clock, troubles } = await start({ log, pointers });
      await clock.advance(1000);
      await feed(order('c'));
      await feed(order('x', '01:north', 1));
      const short = { layer: 'speed', code: 'log-too-short', ...lane, from: 2, to: 7 };
      expect(troubles.of('per_shop@1')).toMatchObject([short]);
      expect(inLane0(log, 'per_shop@1')).toEqual([]);
      await worker.stop();
    });

    it('it catches up, and is well, once they have been put back', async () => {
      const { log, worker, feed, clock, troubles } = await holed(2);
      await clock.advance(1000);
      await feed(order('i'));
      expect(troubles.of('other@1')).toHaveLength(1);
      log.lose(EVENTS, 0, 0);
      for (let second = 0; second < 8; second++) {
        await clock.advance(1000);
        await feed(order(`j${second}`));
      }
      expect(inLane0(log, 'other@1')[0]).toBe('p0 e0 0-7.');
      expect(inLane0(log, 'other@1').at(-1)).toBe(inLane0(log, 'per_shop@1').at(-1));
      expect(troubles.of('other@1')).toEqual([]);
      await worker.stop();
    });

    describe('because of their age', () => {
      const HOUR = 3_600_000;
      /** The records that are gone have no event from 01:00 on; `other` has a window of an hour. */
      const older = { next: async () => null, aged: async () => ({ before: 2, until: HOUR * 1000 }) };
      const kept = (retentionMs: number | null) =>
        layout('other', {
          topology: 'kappa',
          retentionMicros: retentionMs === null ? null : retentionMs * 1000,
        });
      async function agedLog(other: (typeof LAYOUTS)[number], alone = false, barrierAt = 24 * HOUR) {
        const log = await logWith(...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => order(id)), barrier(1));
        log.lose(EVENTS, 0, 2);
        const served = { 'orders/0': barrierAt };
        const pointer = { cut: { 'orders/0': 7 }, epochs: { 'orders/0': 1 }, barriers: served };
        const layouts = alone ? [other] : [LAYOUTS[0] as typeof other, other];
        const all = await start({ log, older, layouts, pointers: alone ? [] : [pointer, undefined] });
        for (const id of ['x', 'y', 'z']) {
          await all.clock.advance(1000);
          await all.feed(order(id, '01:north', 1));
        }
        return all;
      }

      it('one whose retention has passed them goes on behind them, and says which rows may lack some', async () => {
        const { log, worker, troubles, feed, clock } = await agedLog(kept(22 * HOUR));
        expect(inLane0(log, 'other@1')[0]).toBe('p0 e0 0-7.');
        const [first] = flushesIn(log, 'other@1').filter(({ message }) => message.partition === 0);
        expect(first?.message.end).toMatchObject({
          ledger: { expired: 2, aggregated: 4, control: 1 },
          horizon: 2 * HOUR * 1000,
        });
        await clock.advance(1000);
        await feed(order('i'), barrier(2), order('j'));
        for (const product of ['per_shop@1', 'other@1'])
          expect(inLane0(log, product).slice(-2)).toEqual(['p0 e1 7-9.', 'p0 e2 9-10']);
        expect(flushesIn(log, 'other@1').at(-1)?.message.end?.horizon).toBeUndefined();
        expect(troubles.of('other@1')).toEqual([]);
        await worker.stop();
      });

      it('one alone stands until it has read a barrier that says so', async () => {
        const { log, worker, troubles } = await agedLog(kept(1), true);
        expect(troubles.of('other@1')).toMatchObject([{ code: 'log-hole', from: 0, to: 2 }]);
        expect(inLane0(log, 'other@1')).toEqual([]);
        await worker.stop();
      });

      it.each([
        ['longer', 23 * HOUR],
        ['none', null],
      ])('one whose retention is %s needs them', async (_, retentionMs) => {
        const { log, worker, troubles } = await agedLog(kept(retentionMs));
        expect(inLane0(log, 'other@1')).toEqual([]);
        expect(troubles.of('other@1')).toMatchObject([{ code: 'log-hole', from: 0, to: 2 }]);
        await worker.stop();
      });

      it('in Lambda batch decides', async () => {
        const { worker, troubles } = await agedLog(layout('other', { retentionMicros: 1 }));
        expect(troubles.of('other@1')).toMatchObject([{ code: 'log-hole' }]);
        await worker.stop();
      });
    });

    it('gaps of the older part, from compaction or marks of transactions, are none', async () => {
      const log = await logWith(...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => order(id)), barrier(1));
      log.lose(EVENTS, 0, 3);
      // Both tiers: all that was there but record 1, one at a time.
      log.read = async (topic, partition, from) =>
        log
          .partition(topic, partition)
          .filter(({ offset }) => offset >= from && offset !== 1)
          .slice(0, 1);
      const pointers = [{ cut: { 'orders/0': 7 }, epochs: { 'orders/0': 1 } }, undefined];
      const { worker, feed, clock, troubles } = await start({ log, pointers });
      await clock.advance(1000);
      await feed(order('x', '01:north', 1));
      await feed(order('y', '01:north', 1));
      expect(inLane0(log, 'other@1').at(-1)).toBe('p0 e0 6-7.');
      const whole = flushesIn(log, 'other@1').find(
        ({ message }) => message.partition === 0 && message.to === 7,
      );
      expect(whole?.message.end?.ledger).toMatchObject({ aggregated: 5, control: 1 });
      expect(troubles.of('other@1')).toEqual([]);
      await worker.stop();
    });

    it('what is missing of its dedupe window alone is passed over, and said', async () => {
      const log = await logWith(
        ...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => order(id)),
        barrier(1),
        ...['g', 'h', 'i'].map((id) => order(id)),
        barrier(2),
        order('j'),
      );
      log.lose(EVENTS, 0, 6);
      const pointers = [
        { cut: { 'orders/0': 11 }, epochs: { 'orders/0': 2 } },
        { cut: { 'orders/0': 7 }, epochs: { 'orders/0': 1 } },
      ];
      const { worker, feed, clock, troubles } = await start({ log, pointers });
      await clock.advance(1000);
      await feed(order('x', '01:north', 1));
      await feed(order('y', '01:north', 1));
      expect(inLane0(log, 'other@1')).toEqual(['p0 e1 7-11.', 'p0 e2 11-12']);
      expect(troubles.of('other@1')).toMatchObject([{ code: 'dedupe-hole', ...lane, from: 3, to: 6 }]);
      expect(troubles.of('per_shop@1')).toEqual([]);
      await worker.stop();
    });
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
