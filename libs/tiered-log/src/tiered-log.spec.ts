import { Unavailable } from '@tenon/errors';
import type { LogConsumer, LogRecord, OlderPart, OlderTier, Polled } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog, storedRecord } from '@tenon/testing';
import { createTieredLog } from './tiered-log';

const TOPIC = 'events';

let log: MemoryLog;
/** What the older tier has of partition 0: up to here. */
let kept: number;
/** Behind a hole in it. */
let goesOn: number | null;
let parts: number;
let opened: number;
let closed: number;
let fails: Error | null;

const record = (partition: number, offset: number): LogRecord =>
  storedRecord({ partition, key: `k${offset}`, value: `${partition}/${offset}` }, offset);

const older: OlderTier = {
  next: async (topic, partition, from) => {
    if (topic !== TOPIC || partition !== 0) return null;
    return from < kept ? from : goesOn;
  },
  aged: async () => null,
  async *read(topic, partition, from): AsyncGenerator<OlderPart> {
    if (topic !== TOPIC || partition !== 0) return;
    opened += 1;
    try {
      for (let at = from; at < kept; at += parts) {
        if (fails !== null) throw fails;
        const next = Math.min(at + parts, kept);
        yield { records: Array.from({ length: next - at }, (_, i) => record(0, at + i)), next };
      }
    } finally {
      closed += 1;
    }
  },
};

beforeEach(async () => {
  log = new MemoryLog();
  [kept, goesOn, parts, opened, closed, fails] = [0, null, 3, 0, 0, null];
  await log.ensureTopic({ name: TOPIC, partitions: 2 });
  for (let i = 0; i < 20; i += 1)
    await log.append(
      TOPIC,
      [0, 1].map((partition) => ({ partition, key: `k${i}`, value: `${partition}/${i}` })),
    );
});

const consume = (startAt = async () => 0) =>
  createTieredLog(log, older, NO_LOGGER).consume({ topic: TOPIC, group: 'g', startAt });

/** What polls give of partition 0 until they say that it is displaced, or has come to its end. */
async function readAll(consumer: LogConsumer, maxRecords = 100) {
  const offsets: number[] = [];
  let displaced: Polled['displaced'];
  for (let polls = 0; polls < 50 && displaced === undefined && offsets.at(-1) !== 19; polls += 1) {
    const polled = await consumer.poll({ maxWaitMs: 0, maxRecords, signal: AbortSignal.abort() });
    for (const { partition, records } of polled.read)
      for (const { offset, value } of records) {
        expect(Buffer.from(value).toString()).toBe(`${partition}/${offset}`);
        if (partition === 0) offsets.push(offset);
      }
    ({ displaced } = polled);
  }
  return { offsets, displaced };
}

const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test('what the log has let go is read from the older tier, then the log itself goes on: each record once, in order', async () => {
  kept = 14;
  log.lose(TOPIC, 0, 11);
  expect(await readAll(await consume())).toEqual({ offsets: upTo(0, 20), displaced: undefined });
  expect(closed).toBe(1);
});

test('a poll gives no more than it was asked for', async () => {
  [kept, parts] = [15, 10];
  log.lose(TOPIC, 0, 15);
  const consumer = await consume();
  const { read } = await consumer.poll({ maxWaitMs: 0, maxRecords: 4 });
  expect(read.find(({ partition }) => partition === 0)?.records).toHaveLength(4);
  expect((await readAll(consumer, 4)).offsets).toEqual(upTo(4, 20));
});

test('a gap between the tiers is told, with the first offset that neither has', async () => {
  kept = 7;
  log.lose(TOPIC, 0, 11);
  const place = { partition: 0, wanted: 7, start: 11, end: 20 };
  expect(await readAll(await consume())).toEqual({ offsets: upTo(0, 7), displaced: [place] });
});

test('what the log loses while the older tier is read is read there too', async () => {
  kept = 9;
  log.lose(TOPIC, 0, 5);
  const consumer = await consume();
  await consumer.poll({ maxWaitMs: 0 });
  kept = 18;
  log.lose(TOPIC, 0, 16);
  expect((await readAll(consumer)).offsets.at(-1)).toBe(19);
});

test('without the older tier the log says what it lacks, as it does beyond its end', async () => {
  log.lose(TOPIC, 0, 11);
  expect((await readAll(await consume())).displaced).toEqual([
    { partition: 0, wanted: 0, start: 11, end: 20 },
  ]);
  // Up to where the older tier goes on, if that is before.
  goesOn = 6;
  expect((await readAll(await consume())).displaced).toMatchObject([{ wanted: 0, start: 6 }]);
  goesOn = 15;
  expect((await readAll(await consume())).displaced).toMatchObject([{ wanted: 0, start: 11 }]);
  kept = 100;
  const beyond = await readAll(await consume(async () => 30));
  expect(beyond.displaced).toContainEqual({ partition: 0, wanted: 30, start: 11, end: 20 });
});

test('an older tier that is damaged does not have the record; one that is away is waited for', async () => {
  kept = 11;
  log.lose(TOPIC, 0, 11);
  fails = new Error('a flipped bit');
  expect((await readAll(await consume())).displaced).toMatchObject([{ wanted: 0, start: 11 }]);
  fails = new Unavailable('the lake is away');
  await expect(readAll(await consume())).rejects.toThrow('the lake is away');
});

test('a seek leaves the older tier, and may enter it again', async () => {
  kept = 11;
  log.lose(TOPIC, 0, 11);
  const consumer = await consume();
  await consumer.poll({ maxWaitMs: 0 });
  consumer.seek(0, 15);
  expect((await readAll(consumer)).offsets).toEqual(upTo(15, 20));
  consumer.seek(0, 8);
  expect((await readAll(consumer)).offsets).toEqual(upTo(8, 20));
});

test('a partition that is lost, and a consumer that is closed, let the older tier go', async () => {
  kept = 11;
  log.lose(TOPIC, 0, 11);
  const consumer = await consume();
  await consumer.poll({ maxWaitMs: 0 });
  log.readers.get(TOPIC)?.revoke(0);
  await consumer.poll({ maxWaitMs: 0 });
  expect(closed).toBe(1);
  log.readers.get(TOPIC)?.assign(0);
  await consumer.poll({ maxWaitMs: 0 });
  await consumer.close();
  expect(closed).toBe(2);
});

describe('reads without a group', () => {
  /** All of partition 0 from an offset on, as a cursor reads it: each read goes on behind the one before. */
  async function readOn(from: number, maxRecords = 4) {
    const tiered = createTieredLog(log, older, NO_LOGGER);
    const offsets: number[] = [];
    for (let at = from; at < 20; at = (offsets.at(-1) as number) + 1) {
      const records = await tiered.read(TOPIC, 0, at, { maxRecords });
      for (const { offset, value } of records) {
        expect(Buffer.from(value).toString()).toBe(`0/${offset}`);
        offsets.push(offset);
      }
      if (records.length === 0) break;
    }
    await tiered.close();
    return offsets;
  }

  test('go through both tiers, each record once, with the older one opened once', async () => {
    kept = 14;
    log.lose(TOPIC, 0, 11);
    expect(await readOn(0)).toEqual(upTo(0, 20));
    expect(await readOn(5)).toEqual(upTo(5, 20));
    expect(opened).toBe(2);
    expect(closed).toBe(2);
  });

  test('give what the log has where neither tier has what is wanted, and nothing where the log has nothing', async () => {
    kept = 7;
    log.lose(TOPIC, 0, 11);
    expect(await readOn(0)).toEqual([...upTo(0, 7), ...upTo(11, 20)]);
    log.lose(TOPIC, 0, 20);
    expect(await readOn(3)).toEqual(upTo(3, 7));
    expect(await readOn(8)).toEqual([]);
  });

  test('ask the older tier for nothing that the log has', async () => {
    [kept, fails] = [20, new Error('not to be asked')];
    log.lose(TOPIC, 0, 11);
    expect(await readOn(11)).toEqual(upTo(11, 20));
    expect(opened).toBe(0);
  });

  test('hold few open: many cursors each get all of it', async () => {
    [kept, parts] = [20, 2];
    log.lose(TOPIC, 0, 20);
    const tiered = createTieredLog(log, older, NO_LOGGER);
    for (let at = 0; at < 12; at += 1)
      for (let more = 0; more < 2; more += 1)
        expect((await tiered.read(TOPIC, 0, at + more, { maxRecords: 1 }))[0]?.offset).toBe(at + more);
    expect(opened - closed).toBeLessThanOrEqual(8);
    await tiered.close();
    expect(closed).toBe(opened);
  });

  test('wait for an older tier that is away; of one that is damaged nothing is there', async () => {
    kept = 11;
    log.lose(TOPIC, 0, 11);
    fails = new Unavailable('the lake is away');
    await expect(readOn(0)).rejects.toThrow('the lake is away');
    fails = new Error('a flipped bit');
    expect(await readOn(0)).toEqual(upTo(11, 20));
  });
});
