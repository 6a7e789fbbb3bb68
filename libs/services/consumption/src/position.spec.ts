import { MemoryStore } from '@tenon/testing';
import { STORE_KEYS } from '@tenon/contracts';
import { TenonError, Unavailable } from '@tenon/errors';
import { NO_LOGGER } from '@tenon/telemetry';
import { Release, positionIn, putMarks } from './position';
import { ManualClock, settle } from './testing/manual-clock';
import { MemoryLog } from './testing/memory-log';
import { cells, sliceOf } from './testing/sales';

const TOPIC = 'tenon.ranges.sales.1';

describe('a position', () => {
  test('of a partition that was never read is its beginning', async () => {
    const { from, held } = await positionIn(new MemoryStore(), TOPIC, 0, 'nothing');
    expect([from, held.next, held.landed, held.resume]).toEqual([0, 0, 0, 0]);
  });

  test('is where the transaction that landed last has marked it, each partition of each topic for itself', async () => {
    const store = new MemoryStore();
    await store.transact(async (tx) =>
      putMarks(
        tx,
        TOPIC,
        new Map([
          [0, 7],
          [1, 9],
        ]),
      ),
    );
    await store.transact(async (tx) => putMarks(tx, TOPIC, new Map([[1, 11]])));
    const from = async (topic: string, partition: number) =>
      (await positionIn(store, topic, partition, 'nothing')).from;
    expect([
      await from(TOPIC, 0),
      await from(TOPIC, 1),
      await from(TOPIC, 2),
      await from('other', 0),
    ]).toEqual([...[7, 11, 0, 0]]);
    expect(store.get('meta', STORE_KEYS.consumed(TOPIC, 0))).toBe(7);
  });

  test('resumes where what is under way began, while what is read goes on', async () => {
    const { held } = await positionIn(new MemoryStore(), TOPIC, 0, 'nothing');
    held.assembler.add(sliceOf(0), cells({ ann: 1 }), 3);
    held.next = 4;
    expect(held.resume).toBe(3);
    held.settle(4);
    expect([held.landed, held.resume]).toEqual([4, 3]);
    held.assembler.forget(sliceOf(0).id);
    expect(held.resume).toBe(4);
  });
});

describe('what has landed', () => {
  let log: MemoryLog;
  let release: Release;
  let warned: string[];
  beforeEach(() => {
    log = new MemoryLog(new ManualClock());
    warned = [];
    const logger = { ...NO_LOGGER, warn: (_: object, message: string) => void warned.push(message) };
    release = new Release({ log, logger }, TOPIC);
  });

  test('is released, at most every ten seconds', () => {
    release.landed(0, new Map([[0, 3]]));
    release.landed(9_999, new Map([[0, 5]]));
    release.landed(10_000, new Map([[0, 6]]));
    expect(log.released).toEqual([
      { topic: TOPIC, offsets: { 0: 3 } },
      { topic: TOPIC, offsets: { 0: 6 } },
    ]);
  });

  test('is told again where the log was away, though not where it will never listen', async () => {
    const told: unknown[] = [];
    let error: Error = new Unavailable('away');
    log.deleteBefore = async (_, offsets) => {
      told.push(offsets);
      if (told.length < 3) throw error;
    };
    release.landed(0, new Map([[0, 3]]));
    await settle();
    error = new TenonError('log-refused', 'not allowed');
    release.landed(10_000, new Map([[1, 4]]));
    await settle();
    release.landed(20_000, new Map([[1, 5]]));
    expect(told).toEqual([{ 0: 3 }, { 0: 3, 1: 4 }, { 1: 5 }]);
    expect(warned).toHaveLength(2);
  });

  test('in all partitions, though each lands for itself', () => {
    release.landed(0, new Map([[0, 3]]));
    release.landed(1, new Map([[1, 4]]));
    release.landed(2, new Map([[0, 5]]));
    release.landed(10_000, new Map([[0, 6]]));
    release.landed(20_000, new Map([[0, 7]]));
    expect(log.released).toEqual([
      { topic: TOPIC, offsets: { 0: 3 } },
      { topic: TOPIC, offsets: { 0: 6, 1: 4 } },
      { topic: TOPIC, offsets: { 0: 7 } },
    ]);
  });

  test('a part that marks nothing does not put the release off', () => {
    release.landed(0, new Map());
    release.landed(1, new Map([[0, 3]]));
    expect(log.released).toEqual([{ topic: TOPIC, offsets: { 0: 3 } }]);
  });

  test('the log that does not take the hint does no harm', async () => {
    log.deleteBefore = () => Promise.reject(new Error('away'));
    release.landed(0, new Map([[0, 3]]));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
