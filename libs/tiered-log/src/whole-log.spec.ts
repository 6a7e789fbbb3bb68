import { Unavailable } from '@tenon/errors';
import type { EventLog, LogConsumer } from '@tenon/ports';
import { MemoryLog } from '@tenon/testing';
import type { HeldOfTopic } from './whole-log';
import { createWholeLog } from './whole-log';

const TOPIC = 'tenon.events.s';
const SPEC = { name: TOPIC, partitions: 2, keepsAll: true };

let inner: MemoryLog;
let held: () => Promise<HeldOfTopic>;
let now: number;
let log: EventLog;

beforeEach(async () => {
  [inner, now] = [new MemoryLog(), 0];
  held = async () => ({ ends: { 0: 4 }, isAll: true });
  log = createWholeLog(inner, { clock: { monotonic: () => now }, held: () => held() });
  await inner.ensureTopic(SPEC);
});

const events = (count: number, partition = 0) =>
  Array.from({ length: count }, () => ({ partition, key: null, value: 'e' }));
/** Somebody puts an older copy back. */
const putBack = (count: number) => void (inner.topics.get(TOPIC)?.[0] ?? []).splice(count);
const short = { code: 'log-too-short' };

/** What a poll gave: partition → offsets; and who is displaced. */
async function poll(consumer: LogConsumer) {
  const stop = new AbortController();
  const polling = consumer.poll({ maxWaitMs: 0, signal: stop.signal });
  stop.abort();
  const { read, displaced = [] } = await polling;
  const offsets = read.map(({ partition, records }) => [partition, records.map(({ offset }) => offset)]);
  return { offsets: Object.fromEntries(offsets) as Record<string, number[]>, displaced };
}

test('takes nothing in any partition until it has again what was counted', async () => {
  await inner.append(TOPIC, events(3));
  await expect(log.append(TOPIC, events(1))).rejects.toMatchObject(short);
  await expect(log.append(TOPIC, events(1, 1))).rejects.toMatchObject(short);
  await expect(log.hasTopic(TOPIC)).rejects.toThrow('partition 0 at 3 instead of 4');
  expect(inner.all(TOPIC)).toHaveLength(3);
  await inner.append(TOPIC, events(1));
  expect(await log.hasTopic(TOPIC)).toBe(true);
  expect(await log.append(TOPIC, events(1))).toEqual([4]);
});

test('what it has taken itself, and what it has seen, is known to have stood there', async () => {
  held = async () => ({ ends: {}, isAll: true });
  await log.append(TOPIC, events(5));
  await inner.append(TOPIC, events(5));
  now += 2000;
  await log.append(TOPIC, events(1));
  putBack(10);
  now += 2000;
  await expect(log.append(TOPIC, events(1))).rejects.toThrow('at 10 instead of 11');
  await inner.append(TOPIC, events(1));
  expect(await log.append(TOPIC, events(1))).toEqual([11]);
});

test('whoever cannot be asked yet is asked again', async () => {
  held = async () => ({ ends: { 0: 1 }, isAll: false });
  await inner.append(TOPIC, events(3));
  expect(await log.append(TOPIC, events(1))).toEqual([3]);
  held = async () => ({ ends: { 0: 6 }, isAll: true });
  expect(await log.append(TOPIC, events(1))).toEqual([4]);
  now += 2000;
  await expect(log.append(TOPIC, events(1))).rejects.toMatchObject(short);
});

test('what is needed to know it and away is thrown on', async () => {
  held = () => Promise.reject(new Unavailable('The store is away.'));
  await expect(log.append(TOPIC, events(1))).rejects.toBeInstanceOf(Unavailable);
  expect(inner.all(TOPIC)).toEqual([]);
});

test('a reader is given nothing of a partition that ends too early, and goes on where it wanted to once it is whole', async () => {
  await inner.append(TOPIC, [...events(3), ...events(2, 1)]);
  const consumer = await log.consume({ topic: TOPIC, group: 'g', startAt: async () => 1 });
  const displaced = { partition: 0, wanted: 1, start: 0, end: 3, held: 4 };
  expect(await poll(consumer)).toEqual({ offsets: { 1: [1] }, displaced: [displaced] });
  consumer.seek(0, 1);
  expect(await poll(consumer)).toEqual({ offsets: {}, displaced: [displaced] });
  await inner.append(TOPIC, events(2));
  expect(await poll(consumer)).toEqual({ offsets: {}, displaced: [] });
  consumer.seek(0, 1);
  expect(await poll(consumer)).toEqual({ offsets: { 0: [1, 2, 3, 4] }, displaced: [] });
});

test('a partition that is lost and comes back is looked at anew', async () => {
  await inner.append(TOPIC, events(3));
  const consumer = await log.consume({ topic: TOPIC, group: 'g', startAt: async () => 0 });
  expect((await poll(consumer)).displaced).toHaveLength(1);
  inner.readers.get(TOPIC)?.revoke(0);
  await poll(consumer);
  await inner.append(TOPIC, events(1));
  inner.readers.get(TOPIC)?.assign(0);
  expect(await poll(consumer)).toEqual({ offsets: { 0: [0, 1, 2, 3] }, displaced: [] });
});

test('other topics go through as they are', async () => {
  await log.ensureTopic({ name: 'tenon.cuts', partitions: 1 });
  expect(await log.append('tenon.cuts', events(1))).toEqual([0]);
  inner.topics.set('tenon.cuts', [[]]);
  now += 2000;
  expect(await log.append('tenon.cuts', events(1))).toEqual([0]);
});
