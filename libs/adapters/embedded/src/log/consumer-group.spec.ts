/** What only the embedded log promises of its groups: when exactly partitions change hands. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock } from '@tenon/testing';
import type { EventLog, LogConsumer } from '@tenon/ports';
import { createFileEventLog } from './event-log';

const clock = createManualClock();
let directory: string;
let log: EventLog;
let count = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tenon-group-'));
  log = createFileEventLog({ directory, clock });
});

afterAll(async () => {
  await log.close();
  await rm(directory, { recursive: true });
});

async function group(partitions: number): Promise<() => Promise<LogConsumer>> {
  const topic = `topic-${count++}`;
  await log.ensureTopic({ name: topic, partitions });
  return () => log.consume({ topic, group: 'g', startAt: async () => 0 });
}

const poll = async (consumer: LogConsumer) => {
  const { assigned, revoked } = await consumer.poll({ maxWaitMs: 0 });
  return { assigned, revoked };
};

test('a partition is handed over only when its holder polls again, so that it has one reader at a time', async () => {
  const join = await group(2);
  const first = await join();
  expect(await poll(first)).toEqual({ assigned: [0, 1], revoked: [] });
  const second = await join();
  expect(await poll(second)).toEqual({ assigned: [], revoked: [] });
  expect(await poll(first)).toEqual({ assigned: [], revoked: [1] });
  expect(await poll(second)).toEqual({ assigned: [1], revoked: [] });
  await first.close();
  expect(await poll(second)).toEqual({ assigned: [0], revoked: [] });
  await second.close();
});

test('a waiting poll ends as soon as a partition becomes free', async () => {
  const join = await group(2);
  const [first, second] = [await join(), await join()];
  await poll(first);
  await poll(second);
  const waiting = second.poll({ maxWaitMs: 3_600_000 });
  await first.close();
  expect((await waiting).assigned).toEqual([0]);
  await second.close();
});

test('a member that stops polling loses its partitions after a while, and learns of it when it comes back', async () => {
  const join = await group(2);
  const [zombie, other] = [await join(), await join()];
  expect((await poll(zombie)).assigned).toEqual([0]);
  expect((await poll(other)).assigned).toEqual([1]);
  await clock.advance(60_000);
  expect((await poll(other)).assigned).toEqual([0]);
  expect(await poll(zombie)).toEqual({ assigned: [], revoked: [0] });
  expect((await poll(other)).revoked).toEqual([0]);
  expect(await poll(zombie)).toEqual({ assigned: [0], revoked: [] });
  await zombie.close();
  await other.close();
});

test('closing ends a poll that waits, without an error; polling again is one', async () => {
  const join = await group(1);
  const consumer = await join();
  await poll(consumer);
  const waiting = consumer.poll({ maxWaitMs: 3_600_000 });
  await consumer.close();
  expect(await waiting).toEqual({ assigned: [], revoked: [], read: [] });
  await expect(consumer.poll({ maxWaitMs: 0 })).rejects.toMatchObject({ code: 'consumer-closed' });
  expect(clock.sleeping()).toBe(0);
});

test('closing the log ends the polls that wait', async () => {
  const own = createFileEventLog({ directory: join(directory, 'own'), clock });
  await own.ensureTopic({ name: 't', partitions: 1 });
  const consumer = await own.consume({ topic: 't', group: 'g', startAt: async () => 0 });
  await poll(consumer);
  const waiting = consumer.poll({ maxWaitMs: 3_600_000 });
  await own.close();
  expect((await waiting).read).toEqual([]);
  await expect(consumer.poll({ maxWaitMs: 0 })).rejects.toMatchObject({ code: 'log-closed' });
});
