/** A topic of events that somebody deletes under load, and makes anew, in a real Kafka. */
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import { systemClock } from '@tenon/adapters-embedded';
import { TOPICS } from '@tenon/contracts';
import { isPassing } from '@tenon/errors';
import type { EventLog, TopicBook } from '@tenon/ports';
import { NO_LOGGER } from '@tenon/telemetry';
import { uniqueName } from '@tenon/testing';
import { createKnownLog } from '@tenon/tiered-log';

const brokers = process.env['TENON_KAFKA_BROKERS']?.split(',');
const describeReal = brokers === undefined ? describe.skip : describe;

describeReal('A topic of events in Kafka', () => {
  const topic = TOPICS.events(uniqueName('replaced'));
  const spec = { name: topic, partitions: 1, keepsAll: true };
  const kafka = createKafkaEventLog({ brokers: brokers ?? [], group: { sessionTimeoutMs: 6_000 } });
  const noted = new Map<string, string>();
  const book: TopicBook = {
    idOf: async (name) => noted.get(name),
    note: async (name, id) => noted.set(name, noted.get(name) ?? id).get(name) as string,
    replace: async (name, id) => void noted.set(name, id),
  };
  const log: EventLog = createKnownLog(kafka, { book, clock: systemClock, logger: NO_LOGGER });
  afterAll(() => kafka.close());

  /** Until it fails for good. */
  async function untilReplaced(work: () => Promise<unknown>): Promise<unknown> {
    for (;;) {
      const error: unknown = await work().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if (error !== null && !isPassing(error)) return error;
    }
  }

  test('acknowledges nothing of another one, reads nothing of it, and does not make it', async () => {
    await log.ensureTopic(spec);
    const offsets: number[] = [];
    const write = async () =>
      void offsets.push(...(await log.append(topic, [{ partition: 0, key: null, value: 'e' }])));
    for (let i = 0; i < 50; i += 1) await write();
    const reader = await log.consume({ topic, group: uniqueName('g'), startAt: async () => 0 });
    const read: number[] = [];
    const poll = async () => {
      const polled = await reader.poll({ maxWaitMs: 200 });
      read.push(...polled.read.flatMap(({ records }) => records.map(({ offset }) => offset)));
    };
    while (read.length < 50) await poll();
    const failures = Promise.all([untilReplaced(write), untilReplaced(poll)]);
    await kafka.deleteTopic(topic);
    await expect(log.ensureTopic(spec)).rejects.toMatchObject({ code: 'log-replaced' });
    await kafka.ensureTopic(spec);
    expect(await failures).toMatchObject([{ code: 'log-replaced' }, { code: 'log-replaced' }]);
    expect(offsets).toEqual(offsets.map((_, index) => index));
    expect(read).toEqual(read.map((_, index) => index));
    await expect(log.ensureTopic(spec)).rejects.toMatchObject({ code: 'log-replaced' });
    await reader.close();
  });
});
