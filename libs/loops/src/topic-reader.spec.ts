import { Unavailable } from '@tenon/errors';
import { NO_LOGGER } from '@tenon/telemetry';
import type { Clock, EventLog } from '@tenon/ports';
import { ScriptedLog, batch, settle } from './testing/scripted-log';
import type { PartitionRead } from './topic-reader';
import { TopicReader } from './topic-reader';

/** What is held for a partition: each time anew. */
interface Held {
  readonly name: string;
}

/** Pauses end when the spec says so. */
let pauses: (() => void)[];
let time: number;
const clock: Clock = {
  now: () => 0,
  monotonic: () => time,
  sleep: (_, signal) =>
    new Promise((resolve) => {
      pauses.push(resolve);
      signal?.addEventListener('abort', () => resolve());
    }),
};

let log: ScriptedLog;
let reader: TopicReader<Held>;
/** What the reader did, in order. */
let done: string[];
/** Partitions that were said to be read. */
let reads: string[];
/** Partition → where it begins. */
let starts: Map<number, number>;
let displaced: 'stand' | 'pass';
let take: (read: readonly PartitionRead<Held>[]) => Promise<void>;

const described = (read: readonly PartitionRead<Held>[]) =>
  read.map(({ partition, held, records }) => `${partition}:${held.name}:${records.map((one) => one.offset)}`);

beforeEach(async () => {
  log = new ScriptedLog();
  done = [];
  reads = [];
  pauses = [];
  time = 0;
  displaced = 'stand';
  starts = new Map();
  let begun = 0;
  take = async (read) => void done.push(`take ${described(read)}`);
  reader = new TopicReader<Held>(
    { log: log as unknown as EventLog, clock, logger: NO_LOGGER },
    {
      ...{ topic: 'topic', group: 'group', latency: 'relaxed', maxRecords: 7, maxWaitMs: () => 90 },
      begin: async (partition) => {
        begun += 1;
        done.push(`begin ${partition}`);
        return { from: starts.get(partition) ?? 0, held: { name: `h${begun}` } };
      },
      end: async ({ name }, partition) => void done.push(`end ${partition}:${name}`),
      take: (read) => take(read),
      displaced: async ({ name }, { partition, wanted }) => {
        done.push(`displaced ${partition}:${name}:${wanted}`);
        return displaced;
      },
      reads: async ({ name }, partition) => void reads.push(`${partition}:${name}`),
      afterPoll: async () => void done.push('polled'),
    },
  );
  await reader.start();
});
afterEach(() => reader.stop());

const holds = () => [...reader.held].map(([partition, { name }]) => `${partition}:${name}`);

test('it reads as one of the group, as much and as patiently as it was told', async () => {
  expect(log.options).toMatchObject({ topic: 'topic', group: 'group', latency: 'relaxed' });
  await settle();
  expect(log.polls).toMatchObject([{ maxRecords: 7, maxWaitMs: 90 }]);
});

test('a partition that it is given begins where it is told, and its records come with what is held for it', async () => {
  starts.set(3, 40);
  log.next({ assigned: [3, 5] });
  log.next({ read: [batch(3, 40, 41), batch(5, 0)] });
  await settle();
  expect(log.starts).toEqual([
    [3, 40],
    [5, 0],
  ]);
  expect(done).toEqual(['begin 3', 'begin 5', 'polled', 'take 3:h1:40,41,5:h2:0', 'polled']);
  expect(holds()).toEqual(['3:h1', '5:h2']);
});

test('a partition that it loses is let go, and what comes of it later is not taken', async () => {
  log.next({ assigned: [3, 5] });
  log.next({ revoked: [3], read: [batch(5, 0)] });
  log.next({ read: [batch(3, 1)] });
  await settle();
  expect(done.slice(3)).toEqual(['end 3:h1', 'take 5:h2:0', 'polled', 'polled']);
  expect(holds()).toEqual(['5:h2']);
});

test('records of the poll that takes their partition away are not taken any more', async () => {
  log.next({ assigned: [3] });
  log.next({ revoked: [3], read: [batch(3, 1)] });
  await settle();
  expect(done).toEqual(['begin 3', 'polled', 'end 3:h1', 'polled']);
});

test('a partition that was lost and came back in one poll begins anew, once', async () => {
  log.next({ assigned: [3] });
  log.next({ revoked: [3], assigned: [3], read: [batch(3, 9)] });
  await settle();
  expect(done).toEqual(['begin 3', 'polled', 'end 3:h1', 'begin 3', 'take 3:h2:9', 'polled']);
  expect(holds()).toEqual(['3:h2']);
});

test('one that comes back later begins anew too', async () => {
  log.next({ assigned: [3] });
  log.next({ revoked: [3] });
  log.next({ assigned: [3] });
  await settle();
  expect(done.filter((one) => one !== 'polled')).toEqual(['begin 3', 'end 3:h1', 'begin 3']);
});

test('where taking fails the reader is done for, and what is held stays until it is stopped', async () => {
  take = () => Promise.reject(new Error('full'));
  log.next({ assigned: [3], read: [batch(3, 0)] });
  await expect(reader.done).rejects.toThrow('full');
  expect(holds()).toEqual(['3:h1']);
  await reader.stop();
  expect(done).toEqual(['begin 3', 'end 3:h1']);
});

test('so it is where the log fails', async () => {
  log.next(new Error('away'));
  await expect(reader.done).rejects.toThrow('away');
});

describe('a partition of which the next record is not there', () => {
  const hole = { partition: 3, wanted: 5, start: 9, end: 20 };
  const done3 = () => done.filter((one) => one !== 'polled');

  beforeEach(async () => {
    log.next({ assigned: [3, 5], displaced: [hole] });
    await settle();
  });

  test('stands still, is not said to be read, and its neighbour is', () => {
    expect([done3(), log.seeks, reads]).toEqual([['begin 3', 'begin 5', 'displaced 3:h1:5'], [], ['5:h2']]);
    expect(reader.reading(() => 0).busy).toBe(true);
  });

  test('is looked for again after a while, and said to be read once it is there', async () => {
    time = 9_999;
    log.next({});
    await settle();
    expect(log.seeks).toEqual([]);
    time = 10_000;
    log.next({});
    log.next({ displaced: [hole] });
    await settle();
    expect([log.seeks, reads]).toEqual([[[3, 5]], ['5:h2']]);
    time = 20_000;
    log.next({});
    log.next({ read: [batch(3, 5, 6)] });
    await settle();
    expect(done3().slice(3)).toEqual(['displaced 3:h1:5', 'take 3:h1:5,6']);
    expect([log.seeks.length, reads]).toEqual([2, ['5:h2', '3:h1']]);
  });

  test('can be passed over, to the nearest one that is', async () => {
    displaced = 'pass';
    log.next({ displaced: [hole, { ...hole, partition: 5, wanted: 30 }] });
    await settle();
    expect(log.seeks).toEqual([
      [3, 9],
      [5, 20],
    ]);
  });

  test('is nothing to this reader once it has lost the partition', async () => {
    log.next({ revoked: [3] });
    log.next({ displaced: [hole] });
    time = 60_000;
    log.next({});
    await settle();
    expect([log.seeks, done3().slice(3)]).toEqual([[], ['end 3:h1']]);
  });
});

describe('stopping', () => {
  beforeEach(async () => {
    log.next({ assigned: [3, 5] });
    await settle();
    done.splice(0);
  });

  test('does not wait for records, leaves the group, and lets go what is held', async () => {
    await reader.stop();
    expect(log.closed).toBe(true);
    expect(done.filter((one) => one !== 'polled')).toEqual(['end 3:h1', 'end 5:h2']);
    expect(holds()).toEqual([]);
    await reader.done;
  });

  test('waits until what was read is taken', async () => {
    let finish = () => {};
    take = () => new Promise((resolve) => (finish = resolve));
    log.next({ read: [batch(3, 0)] });
    await settle();
    let stopped = false;
    const stopping = reader.stop().then(() => (stopped = true));
    await settle();
    expect([stopped, reader.signal.aborted, log.closed]).toEqual([false, true, false]);
    finish();
    await stopping;
    expect(log.closed).toBe(true);
  });

  test('is no failure, though what is under way fails by it', async () => {
    take = () =>
      new Promise((_, reject) => reader.signal.addEventListener('abort', () => reject(new Error('away'))));
    log.next({ read: [batch(3, 0)] });
    await settle();
    await reader.stop();
    await expect(reader.done).resolves.toBeUndefined();
  });
});

test('how far it is, is asked of what is held', async () => {
  log.next({ assigned: [3, 5] });
  await settle();
  const reading = { topic: 'topic', group: 'group', next: { 3: 2, 5: 2 }, busy: false };
  expect(reader.reading(({ name }) => name.length)).toEqual(reading);
  expect(reader.reading(({ name }) => name.length, true)).toEqual({ ...reading, busy: true });
});

describe('while something is away', () => {
  beforeEach(async () => {
    log.next({ assigned: [3] });
    await settle();
    done.splice(0);
  });

  test('the reader gives back what it has, says what it waits for, and begins anew when it is back', async () => {
    log.next(new Unavailable('the log is away'));
    await settle();
    expect([reader.trouble, holds(), log.closed, done]).toEqual(['the log is away', [], true, ['end 3:h1']]);
    expect(reader.reading(() => 0).busy).toBe(true);
    starts.set(3, 7);
    log.next({ assigned: [3], read: [batch(3, 7)] });
    pauses.shift()?.();
    await settle();
    expect([reader.trouble, done]).toEqual([null, ['end 3:h1', 'begin 3', 'take 3:h2:7', 'polled']]);
  });

  test('what it was taking is read again, however often that fails', async () => {
    let fails = 2;
    take = async (read) => {
      if (fails-- > 0) throw new Unavailable('the store is away');
      done.push(`take ${described(read)}`);
    };
    for (let attempt = 0; attempt < 3; attempt += 1) log.next({ assigned: [3], read: [batch(3, 0)] });
    for (let pause = 0; pause < 2; pause += 1) {
      await settle();
      expect(reader.trouble).toBe('the store is away');
      pauses.shift()?.();
    }
    await settle();
    expect([reader.trouble, done.filter((one) => one.startsWith('take'))]).toEqual([null, ['take 3:h4:0']]);
  });

  test('joining again may fail as well', async () => {
    const consume = log.consume;
    log.consume = () => Promise.reject(new Unavailable('still away'));
    log.next(new Unavailable('the log is away'));
    await settle();
    pauses.shift()?.();
    await settle();
    expect(reader.trouble).toBe('still away');
    log.consume = consume;
    log.next({ assigned: [3] });
    pauses.shift()?.();
    await settle();
    expect([reader.trouble, holds()]).toEqual([null, ['3:h2']]);
  });

  test('it can be stopped', async () => {
    log.next(new Unavailable('the log is away'));
    await settle();
    await reader.stop();
    await expect(reader.done).resolves.toBeUndefined();
  });
});

test('one that was never started can be stopped', async () => {
  await new TopicReader<Held>(
    { log: log as unknown as EventLog, clock, logger: NO_LOGGER },
    {
      ...{ topic: 'topic', group: 'group', maxRecords: 1 },
      begin: async () => ({ from: 0, held: { name: '' } }),
      take: async () => undefined,
    },
  ).stop();
});
