/** Partitions that somebody adds to a topic of events in a real Kafka, while it is read and after. */
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import { TOPICS } from '@tenon/contracts';
import type { EventLog } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { uniqueName } from '@tenon/testing';
import { createDeclaredLog } from '@tenon/tiered-log';
import { Kafka, logLevel } from 'kafkajs';

const brokers = process.env['TENON_KAFKA_BROKERS']?.split(',');
const describeReal = brokers === undefined ? describe.skip : describe;

describeReal('Partitions that somebody adds in Kafka', () => {
  const topic = TOPICS.events(uniqueName('added'));
  const spec = { name: topic, partitions: 2, keepsAll: true };
  const kafka = createKafkaEventLog({ brokers: brokers ?? [], group: { sessionTimeoutMs: 6_000 } });
  const admin = new Kafka({ brokers: brokers ?? [], logLevel: logLevel.NOTHING }).admin();
  const declared = () => createDeclaredLog(kafka, NO_LOGGER);
  afterAll(async () => {
    await admin.disconnect();
    await kafka.close();
  });

  async function readAll(log: EventLog, count: number): Promise<number[]> {
    const reader = await log.consume({ topic, group: uniqueName('g'), startAt: async () => 0 });
    const partitions: number[] = [];
    while (partitions.length < count) {
      const polled = await reader.poll({ maxWaitMs: 200 });
      for (const { partition, records } of polled.read) partitions.push(...records.map(() => partition));
    }
    await reader.close();
    return partitions.sort();
  }

  test('are left alone as long as they are empty; with records in them the topic is refused', async () => {
    const running = declared();
    await running.ensureTopic(spec);
    const event = (partition: number) => ({ partition, key: null, value: 'e' });
    await running.append(topic, [event(0), event(1)]);
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    for (const log of [running, declared()]) {
      await log.ensureTopic(spec);
      await log.append(topic, [event(1)]);
      expect(Object.keys(await log.endOffsets(topic))).toEqual(['0', '1']);
    }
    expect(await readAll(running, 4)).toEqual([0, 1, 1, 1]);
    const outside = createKafkaEventLog({ brokers: brokers ?? [] });
    await outside.append(topic, [event(3)]);
    await expect(declared().ensureTopic(spec)).rejects.toMatchObject({ code: 'topic-mismatch' });
    await outside.deleteBefore(topic, { 3: 1000 });
    await declared().ensureTopic(spec);
    await outside.close();
  });
});
