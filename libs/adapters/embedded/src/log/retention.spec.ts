import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createManualClock } from '@tenon/testing';
import type { EventLog } from '@tenon/ports';
import { createFileEventLog } from './event-log';

let directory: string;
const clock = createManualClock();
const open = () => createFileEventLog({ directory, clock, segmentBytes: 1_000 });
const append = (log: EventLog) => log.append('t', [{ partition: 0, key: null, value: 'x'.repeat(600) }]);
const start = async (log: EventLog) => (await log.startOffsets('t'))['0'];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tenon-retention-'));
});

afterEach(() => rm(directory, { recursive: true }));

test('a topic that is deleted is gone, now and after a start, and can be made anew', async () => {
  const log = open();
  await log.ensureTopic({ name: 't', partitions: 1 });
  await log.ensureTopic({ name: 'other', partitions: 1 });
  await append(log);
  await log.deleteTopic('t');
  await log.deleteTopic('t');
  expect([await log.hasTopic('t'), await log.hasTopic('other')]).toEqual([false, true]);
  await log.close();
  const again = open();
  expect(await again.hasTopic('t')).toBe(false);
  await again.ensureTopic({ name: 't', partitions: 1 });
  expect(await again.endOffsets('t')).toEqual({ '0': 0 });
  await again.close();
});

test('segments older than the retention go when the next one begins, and at the next start', async () => {
  const log = open();
  await log.ensureTopic({ name: 't', partitions: 1, retentionMs: 10_000 });
  for (let i = 0; i < 4; i++) {
    await append(log);
    await clock.advance(4_000);
  }
  // The appends are 16, 12, 8 and 4 seconds old, each in a segment of its own.
  await append(log);
  expect(await start(log)).toBe(2);
  await log.close();
  await clock.advance(60_000);
  const again = open();
  expect(await start(again)).toBe(4);
  expect(await again.endOffsets('t')).toEqual({ '0': 5 });
  await again.close();
});

test('the retention can be changed', async () => {
  const log = open();
  await log.ensureTopic({ name: 't', partitions: 1 });
  for (let i = 0; i < 3; i++) await append(log);
  await clock.advance(5_000);
  await log.ensureTopic({ name: 't', partitions: 1, retentionMs: 1_000 });
  await append(log);
  expect(await start(log)).toBe(3);
  await log.close();
});

test('deleting takes the files away, also while they are being read', async () => {
  const log = open();
  await log.ensureTopic({ name: 't', partitions: 1 });
  for (let i = 0; i < 10; i++) await append(log);
  const reads = Array.from({ length: 20 }, (_, i) => log.read('t', 0, i % 10));
  await log.deleteBefore('t', { '0': 7 });
  for (const records of await Promise.all(reads)) expect(records.length).toBeGreaterThan(0);
  expect(await start(log)).toBe(7);
  expect((await log.read('t', 0, 0))[0]?.offset).toBe(7);
  const files = (await readdir(join(directory, 't', '0'))).filter((name) => name.endsWith('.log'));
  expect(files).toEqual(['0000000000000007.log', '0000000000000008.log', '0000000000000009.log']);
  await log.close();
});

test('a consumer is told what is gone at the start, and reads nothing before it has sought', async () => {
  const log = open();
  await log.ensureTopic({ name: 't', partitions: 1 });
  for (let i = 0; i < 6; i++) await append(log);
  await log.deleteBefore('t', { 0: 4 });
  const consumer = await log.consume({ topic: 't', group: 'g', startAt: async () => 1 });
  const first = await consumer.poll({ maxWaitMs: 0 });
  const place = { partition: 0, start: 4, end: 6 };
  expect(first).toEqual({ assigned: [0], revoked: [], read: [], displaced: [{ ...place, wanted: 1 }] });
  expect((await consumer.poll({ maxWaitMs: 0 })).read).toEqual([]);
  consumer.seek(0, 2);
  expect((await consumer.poll({ maxWaitMs: 0 })).displaced).toEqual([{ ...place, wanted: 2 }]);
  consumer.seek(0, 4);
  const { read } = await consumer.poll({ maxWaitMs: 0 });
  expect(read.flatMap(({ records }) => records.map(({ offset }) => offset))).toContain(4);
  await log.close();
});

test('so it is where records go while it reads', async () => {
  const log = open();
  await log.ensureTopic({ name: 't', partitions: 1 });
  for (let i = 0; i < 3; i++) await append(log);
  const consumer = await log.consume({ topic: 't', group: 'g', startAt: async () => 0 });
  for (
    let read = 0;
    read < 3;
    read += (await consumer.poll({ maxWaitMs: 0 })).read.flatMap((one) => one.records).length
  );
  for (let i = 0; i < 4; i++) await append(log);
  await log.deleteBefore('t', { 0: 5 });
  expect((await consumer.poll({ maxWaitMs: 0 })).displaced).toEqual([
    { partition: 0, wanted: 3, start: 5, end: 7 },
  ]);
  await log.close();
});
