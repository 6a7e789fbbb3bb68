import { Kafka, logLevel } from 'kafkajs';
import type { Admin } from 'kafkajs';
import { ConfigResourceTypes } from 'kafkajs';
import { eventually, uniqueName } from '@tenon/testing';
import { createKafkaEventLog } from './event-log';

const brokers = process.env['TENON_KAFKA_BROKERS']?.split(',');

function describeTopics(addresses: string[]): void {
  describe('Topics in Kafka', () => {
    const warnings: string[] = [];
    const logger = {
      debug: () => undefined,
      info: () => undefined,
      warn: (_: object, message: string) => void warnings.push(message),
      error: () => undefined,
      child: () => logger,
    };
    const log = createKafkaEventLog({ brokers: addresses, logger });
    let admin: Admin;

    beforeAll(async () => {
      admin = new Kafka({ brokers: addresses, logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
    });

    afterAll(async () => {
      await admin.disconnect();
      await log.close();
    });

    const setting = async (topic: string, name: string) => {
      const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [name] }];
      const described = await admin.describeConfigs({ includeSynonyms: false, resources });
      return described.resources[0]?.configEntries[0]?.configValue;
    };

    test('records are kept for ever unless a retention is asked for, and clocks may differ', async () => {
      const [kept, short] = [uniqueName('topics'), uniqueName('topics')];
      await log.ensureTopic({ name: kept, partitions: 1 });
      await log.ensureTopic({ name: short, partitions: 1, retentionMs: 3_600_000 });
      expect([await setting(kept, 'retention.ms'), await setting(kept, 'retention.bytes')]).toEqual([
        '-1',
        '-1',
      ]);
      expect(await setting(short, 'retention.ms')).toBe('3600000');
      const ahead = Date.now() + 48 * 3_600_000;
      expect(await log.append(kept, [{ partition: 0, key: null, value: 'x', timestamp: ahead }])).toEqual([
        0,
      ]);
    });

    test('services that start together make a topic once, and all find it', async () => {
      const others = Array.from({ length: 4 }, () => createKafkaEventLog({ brokers: addresses }));
      try {
        for (let round = 0; round < 5; round++) {
          const spec = { name: uniqueName('topics'), partitions: 3 };
          await Promise.all(others.map((one) => one.ensureTopic(spec)));
        }
      } finally {
        await Promise.all(others.map((one) => one.close()));
      }
    });

    test('another retention is set, and what others have set on the topic stays', async () => {
      const topic = uniqueName('topics');
      const configEntries = [
        { name: 'segment.ms', value: '123456' },
        { name: 'retention.ms', value: '1000000' },
      ];
      await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
      await log.ensureTopic({ name: topic, partitions: 1, retentionMs: 7_200_000 });
      expect([await setting(topic, 'retention.ms'), await setting(topic, 'segment.ms')]).toEqual([
        '7200000',
        '123456',
      ]);
    });

    test('a retention that nobody asked for is left, and said', async () => {
      const topic = uniqueName('topics');
      await admin.createTopics({
        topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'retention.ms', value: '60000' }] }],
      });
      await log.ensureTopic({ name: topic, partitions: 1 });
      expect(await setting(topic, 'retention.ms')).toBe('60000');
      expect(warnings.some((message) => message.includes('older than its retention'))).toBe(true);
    });

    test('a consumer is told what was deleted at the start, also while it reads, and stands until it has sought', async () => {
      const name = uniqueName('topics');
      await log.ensureTopic({ name, partitions: 1 });
      const records = Array.from({ length: 10 }, () => ({ partition: 0, key: null, value: 'x' }));
      await log.append(name, records);
      await log.deleteBefore(name, { 0: 4 });
      const consumer = await log.consume({ topic: name, group: uniqueName('group'), startAt: async () => 1 });
      const offsets: number[] = [];
      const displaced: unknown[] = [];
      const pollUntil = (isEnough: () => boolean) =>
        eventually('polled', async () => {
          const polled = await consumer.poll({ maxWaitMs: 200 });
          displaced.push(...(polled.displaced ?? []));
          offsets.push(...polled.read.flatMap((one) => one.records.map(({ offset }) => offset)));
          return isEnough();
        });
      await pollUntil(() => displaced.length > 0);
      expect([displaced, offsets]).toEqual([[{ partition: 0, wanted: 1, start: 4, end: 10 }], []]);
      consumer.seek(0, 4);
      await pollUntil(() => offsets.length === 6);
      expect(offsets).toEqual([4, 5, 6, 7, 8, 9]);
      await log.append(name, records);
      await log.deleteBefore(name, { 0: 15 });
      consumer.seek(0, 10);
      await pollUntil(() => displaced.length > 1);
      expect(displaced[1]).toEqual({ partition: 0, wanted: 10, start: 15, end: 20 });
      await consumer.close();
    });

    test.each(['retention.ms', 'retention.bytes'])(
      'a topic that is to keep all is refused with %s, unless that is allowed',
      async (name) => {
        const topic = uniqueName('topics');
        const configEntries = [{ name, value: '6000000' }];
        await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
        const spec = { name: topic, partitions: 1, keepsAll: true };
        await expect(log.ensureTopic(spec)).rejects.toMatchObject({ code: 'topic-deletes' });
        const allowing = createKafkaEventLog({ brokers: addresses, allowsRetention: true });
        await allowing.ensureTopic(spec);
        await allowing.close();
      },
    );

    test.each(['snappy', 'lz4', 'gzip'])('what a broker compresses with %s is read', async (codec) => {
      const topic = uniqueName('topics');
      const configEntries = [{ name: 'compression.type', value: codec }];
      await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
      const values = Array.from({ length: 200 }, (_, i) => `${i} ${'abc'.repeat(i)} ${i * i}`);
      await log.append(
        topic,
        values.map((value) => ({ partition: 0, key: null, value })),
      );
      const read = await log.read(topic, 0, 0);
      expect(read.map(({ value }) => Buffer.from(value).toString())).toEqual(values.slice(0, read.length));
      expect(read.length).toBeGreaterThan(50);
    });

    test('a compacted topic is refused, with a way out', async () => {
      const topic = uniqueName('topics');
      await admin.createTopics({
        topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
      });
      await expect(log.ensureTopic({ name: topic, partitions: 1 })).rejects.toMatchObject({
        code: 'topic-compacted',
      });
    });

    test('a record that is larger than the topic takes is refused, and those beside it in other partitions are not', async () => {
      const topic = uniqueName('topics');
      await admin.createTopics({
        topics: [{ topic, numPartitions: 2, configEntries: [{ name: 'max.message.bytes', value: '10000' }] }],
      });
      const [large, small] = await Promise.allSettled([
        log.append(topic, [{ partition: 0, key: null, value: 'x'.repeat(20_000) }]),
        log.append(topic, [{ partition: 1, key: null, value: 'x' }]),
      ]);
      expect(large).toMatchObject({ status: 'rejected', reason: { code: 'record-too-large' } });
      expect(small).toEqual({ status: 'fulfilled', value: [0] });
    });
  });
}

if (brokers) describeTopics(brokers);
else
  describe.skip('Topics in Kafka (skipped: TENON_KAFKA_BROKERS is not set; npm run test:real sets it)', () => {
    test('are made as the catalog says', () => undefined);
  });
