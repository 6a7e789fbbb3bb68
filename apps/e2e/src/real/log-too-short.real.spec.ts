/** A topic of events in a real Kafka that ends before what was counted of it. */
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import { systemClock } from '@tenon/adapters-embedded';
import { TOPICS } from '@tenon/contracts';
import type { LogConsumer } from '@tenon/ports';
import { uniqueName } from '@tenon/testing';
import { createWholeLog } from '@tenon/tiered-log';

const brokers = process.env['TENON_KAFKA_BROKERS']?.split(',');
const describeReal = brokers === undefined ? describe.skip : describe;

describeReal('A topic of events in Kafka that ends too early', () => {
  const topic = TOPICS.events(uniqueName('short'));
  const kafka = createKafkaEventLog({ brokers: brokers ?? [], group: { sessionTimeoutMs: 6_000 } });
  const events = (count: number, partition = 0) =>
    Array.from({ length: count }, () => ({ partition, key: null, value: 'e' }));
  afterAll(() => kafka.close());

  test('is appended to and read only once it has again what was counted', async () => {
    await kafka.ensureTopic({ name: topic, partitions: 2, keepsAll: true });
    await kafka.append(topic, [...events(5), ...events(3, 1)]);
    const held = async () => ({ ends: { 0: 7, 1: 3 }, isAll: true });
    const log = createWholeLog(kafka, { clock: systemClock, held });
    await expect(log.append(topic, events(1, 1))).rejects.toMatchObject({ code: 'log-too-short' });
    const reader = await log.consume({ topic, group: uniqueName('g'), startAt: async () => 2 });
    const read: Record<number, number[]> = { 0: [], 1: [] };
    const displaced: object[] = [];
    const poll = async (consumer: LogConsumer) => {
      const polled = await consumer.poll({ maxWaitMs: 200 });
      displaced.push(...(polled.displaced ?? []));
      for (const { partition, records } of polled.read)
        read[partition]?.push(...records.map(({ offset }) => offset));
    };
    while (displaced.length === 0 || read[1]?.length === 0) await poll(reader);
    expect(displaced).toEqual([{ partition: 0, wanted: 2, start: 0, end: 5, held: 7 }]);
    expect(read).toEqual({ 0: [], 1: [2] });
    await kafka.append(topic, events(2));
    reader.seek(0, 2);
    while (read[0]?.at(-1) !== 6) await poll(reader);
    expect(read[0]).toEqual([2, 3, 4, 5, 6]);
    expect(await log.append(topic, events(1))).toEqual([7]);
    await reader.close();
  });
});
