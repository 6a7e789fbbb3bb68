import type { EventLog, TopicBook } from '@tenon/ports';
import { Unavailable } from '@tenon/errors';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog } from '@tenon/testing';
import { createKnownLog } from './known-log';

const TOPIC = 'tenon.events.s';
const SPEC = { name: TOPIC, partitions: 1, keepsAll: true };
const OTHER = '11111111-0000-4000-8000-000000000000';

let inner: MemoryLog;
let noted: Map<string, string>;
let now: number;
let book: TopicBook;

beforeEach(() => {
  [inner, noted, now] = [new MemoryLog(), new Map(), 0];
  book = {
    idOf: async (topic) => noted.get(topic),
    note: async (topic, id) => noted.set(topic, noted.get(topic) ?? id).get(topic) as string,
    replace: async (topic, id) => void noted.set(topic, id),
  };
});

const open = (accepted: readonly string[] = []): EventLog =>
  createKnownLog(inner, { book, clock: { monotonic: () => now }, logger: NO_LOGGER, accepted });
const event = () => [{ partition: 0, key: null, value: 'e' }];
/** Somebody deletes the topic, and makes it anew. */
function remake(): void {
  inner.topics.set(TOPIC, [[]]);
  inner.ids.set(TOPIC, OTHER);
}
const replaced = { code: 'log-replaced' };

test('a topic is noted when it is first made, and stays the one that it is', async () => {
  const log = open();
  await log.ensureTopic(SPEC);
  expect([...noted]).toEqual([[TOPIC, 'first']]);
  expect(await log.append(TOPIC, event())).toEqual([0]);
  await open().ensureTopic(SPEC);
  expect(await open().append(TOPIC, event())).toEqual([1]);
});

test('a topic that is gone is not made again', async () => {
  await open().ensureTopic(SPEC);
  inner.topics.delete(TOPIC);
  await expect(open().ensureTopic(SPEC)).rejects.toMatchObject(replaced);
  expect(inner.topics.has(TOPIC)).toBe(false);
});

test.each([
  ['ensured', (log: EventLog) => log.ensureTopic(SPEC)],
  ['looked for', (log: EventLog) => log.hasTopic(TOPIC)],
  ['appended to', (log: EventLog) => log.append(TOPIC, event())],
  ['read', (log: EventLog) => log.read(TOPIC, 0, 0)],
  ['consumed', (log: EventLog) => log.consume({ topic: TOPIC, group: 'g', startAt: async () => 0 })],
  ['asked for its end', (log: EventLog) => log.endOffsets(TOPIC)],
])('a topic that was made anew while Tenon was away is not %s', async (_, call) => {
  await open().ensureTopic(SPEC);
  remake();
  await expect(call(open())).rejects.toMatchObject(replaced);
  expect(inner.all(TOPIC)).toEqual([]);
});

test('an event that got an offset which was given before is not acknowledged, though no look was due', async () => {
  const log = open();
  await log.ensureTopic(SPEC);
  await log.append(TOPIC, event());
  remake();
  await expect(log.append(TOPIC, event())).rejects.toMatchObject(replaced);
});

test('nor one of the same topic that has lost what it acknowledged', async () => {
  const log = open();
  await log.ensureTopic(SPEC);
  await log.append(TOPIC, [...event(), ...event()]);
  inner.topics.get(TOPIC)?.[0]?.pop();
  await expect(log.append(TOPIC, event())).rejects.toMatchObject({ code: 'log-too-short' });
});

test('the first event of a partition is acknowledged only once the topic was looked at behind it', async () => {
  const log = open();
  await log.ensureTopic(SPEC);
  expect(await log.hasTopic(TOPIC)).toBe(true);
  remake();
  await expect(log.append(TOPIC, event())).rejects.toMatchObject(replaced);
});

test('a reader is stopped by the next look, and by what it does not find', async () => {
  const log = open();
  await log.ensureTopic(SPEC);
  await log.append(TOPIC, event());
  const reader = await log.consume({ topic: TOPIC, group: 'g', startAt: async () => 0 });
  expect((await reader.poll({ maxWaitMs: 0 })).read).toHaveLength(1);
  inner.ids.set(TOPIC, OTHER);
  now += 2000;
  await expect(reader.poll({ maxWaitMs: 0 })).rejects.toMatchObject(replaced);
  noted.set(TOPIC, OTHER);
  const beyond = await log.consume({ topic: TOPIC, group: 'g', startAt: async () => 7 });
  expect((await beyond.poll({ maxWaitMs: 0 })).displaced).toHaveLength(1);
  inner.ids.set(TOPIC, 'a third');
  beyond.seek(0, 8);
  await expect(beyond.poll({ maxWaitMs: 0 })).rejects.toMatchObject(replaced);
});

test('whether an error is of the topic being another stays open while nobody can say', async () => {
  const log = open();
  await log.ensureTopic(SPEC);
  inner.ids.set(TOPIC, OTHER);
  inner.read = () => Promise.reject(new Error('The topic is closed.'));
  inner.topicId = () => Promise.reject(new Unavailable('The log is away.'));
  await expect(log.read(TOPIC, 0, 0)).rejects.toBeInstanceOf(Unavailable);
  inner.topicId = async () => OTHER;
  await expect(log.read(TOPIC, 0, 0)).rejects.toMatchObject(replaced);
});

test('it goes on once the topic has been put back', async () => {
  const log = open();
  await log.ensureTopic(SPEC);
  inner.ids.set(TOPIC, OTHER);
  await expect(log.hasTopic(TOPIC)).rejects.toMatchObject(replaced);
  inner.ids.delete(TOPIC);
  expect(await log.hasTopic(TOPIC)).toBe(true);
  expect(await log.append(TOPIC, event())).toEqual([0]);
});

test('an operator may say that another topic goes on where the one before ended', async () => {
  await open().ensureTopic(SPEC);
  inner.ids.set(TOPIC, OTHER);
  const log = open([OTHER]);
  await log.ensureTopic(SPEC);
  expect(noted.get(TOPIC)).toBe(OTHER);
  expect(await open().append(TOPIC, event())).toEqual([0]);
});

test('other topics are nobody’s business', async () => {
  const log = open();
  await log.ensureTopic({ name: 'tenon.cuts', partitions: 1 });
  inner.ids.set('tenon.cuts', OTHER);
  expect(await log.append('tenon.cuts', event())).toEqual([0]);
  expect([...noted]).toEqual([]);
});
