import { TopicMismatch } from '@tenon/errors';
import type { TopicSpec } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { MemoryLog } from '@tenon/testing';
import { createDeclaredLog } from './declared-log';

const TOPIC = 'tenon.events.s';
const SPEC = { name: TOPIC, partitions: 2 };

/** As a log that knows what it has. */
class StrictLog extends MemoryLog {
  override async ensureTopic(spec: TopicSpec): Promise<void> {
    await super.ensureTopic(spec);
    const has = this.topics.get(spec.name)?.length ?? 0;
    if (has !== spec.partitions) throw new TopicMismatch(spec.name, has, spec.partitions);
  }
}

let inner: StrictLog;
const open = () => createDeclaredLog(inner, NO_LOGGER);
const event = (partition: number) => [{ partition, key: null, value: 'e' }];
/** Somebody adds partitions to the topic. */
const add = (count: number) => {
  for (let i = 0; i < count; i++) inner.topics.get(TOPIC)?.push([]);
};

beforeEach(async () => {
  inner = new StrictLog();
  await inner.ensureTopic(SPEC);
});

test('partitions that somebody added, and that are empty, are nobody’s', async () => {
  add(2);
  const log = open();
  await log.ensureTopic(SPEC);
  await log.append(TOPIC, event(1));
  expect(await log.endOffsets(TOPIC)).toEqual({ 0: 0, 1: 1 });
  expect(await log.startOffsets(TOPIC)).toEqual({ 0: 0, 1: 0 });
  const asked: number[] = [];
  const startAt = async (partition: number) => asked.push(partition) * 0;
  const reader = await log.consume({ topic: TOPIC, group: 'g', startAt });
  const polled = await reader.poll({ maxWaitMs: 0 });
  expect(polled).toMatchObject({ assigned: [0, 1], read: [{ partition: 1 }] });
  expect(asked).toEqual([0, 1]);
});

test('what somebody writes there while it runs is not read, and is found at the next start', async () => {
  const log = open();
  await log.ensureTopic(SPEC);
  add(2);
  await inner.append(TOPIC, event(3));
  const reader = await log.consume({ topic: TOPIC, group: 'g', startAt: async () => 0 });
  await log.append(TOPIC, event(0));
  const { assigned, read } = await reader.poll({ maxWaitMs: 0 });
  expect([assigned, read.map(({ partition }) => partition)]).toEqual([[0, 1], [0]]);
  await expect(open().ensureTopic(SPEC)).rejects.toMatchObject({
    code: 'topic-mismatch',
    message: `Topic ${TOPIC} has 4 partitions, the catalog says 2, and there are records in 3.`,
  });
  // As the error says.
  inner.lose(TOPIC, 3, 1);
  await open().ensureTopic(SPEC);
});

test('fewer partitions than declared are an error, and other topics are as they are', async () => {
  await expect(open().ensureTopic({ ...SPEC, partitions: 3 })).rejects.toBeInstanceOf(TopicMismatch);
  expect(await open().endOffsets(TOPIC)).toEqual({ 0: 0, 1: 0 });
});
