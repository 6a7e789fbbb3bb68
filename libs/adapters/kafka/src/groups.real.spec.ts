import { Kafka, logLevel } from 'kafkajs';
import type { EventLog, LogConsumer } from '@tenon/ports';
import { eventually, uniqueName } from '@tenon/testing';
import { createKafkaEventLog } from './event-log';

const brokers = process.env['TENON_KAFKA_BROKERS']?.split(',');

/** A worker as Tenon's services are: what it has done is written down with the offset, and a new one begins there. */
class Worker {
  private stopping = new AbortController();
  private consumer: LogConsumer | null = null;
  private running: Promise<void> = Promise.resolve();
  failures = 0;

  constructor(
    private readonly log: EventLog,
    private readonly work: {
      topic: string;
      group: string;
      done: Map<number, number>;
      seen: Map<number, number[]>;
    },
  ) {}

  start(): void {
    this.stopping = new AbortController();
    this.running = this.run(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { topic, group, done, seen } = this.work;
    while (!signal.aborted) {
      try {
        const startAt = async (partition: number) => done.get(partition) ?? 0;
        const consumer = (this.consumer ??= await this.log.consume({ topic, group, startAt }));
        const { read } = await consumer.poll({ maxWaitMs: 100, maxRecords: 200, signal });
        for (const { partition, records } of read) {
          for (const { offset } of records) {
            // The guard of the store: an offset that joins on, or one that was done already.
            const next = done.get(partition) ?? 0;
            expect(offset).toBeLessThanOrEqual(next);
            if (offset < next) continue;
            done.set(partition, offset + 1);
            seen.get(partition)?.push(offset);
          }
        }
      } catch (error) {
        if ((error as { matcherResult?: unknown }).matcherResult !== undefined) throw error;
        this.failures++;
        await this.consumer?.close();
        this.consumer = null;
      }
    }
    await this.consumer?.close();
    this.consumer = null;
  }
}

function describeGroups(addresses: string[]): void {
  describe('Consumer groups in Kafka', () => {
    let log: EventLog;
    const topic = uniqueName('groups');
    const partitions = 6;
    const perPartition = 2_000;

    beforeAll(async () => {
      log = createKafkaEventLog({
        brokers: addresses,
        group: { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 6_000, heartbeatMs: 200 },
      });
      await log.ensureTopic({ name: topic, partitions });
    });

    afterAll(() => log.close(), 60_000);

    test('members that come and go leave no gap, and the work is done', async () => {
      const work = {
        topic,
        group: uniqueName('storm'),
        done: new Map<number, number>(),
        seen: new Map(Array.from({ length: partitions }, (_, partition) => [partition, [] as number[]])),
      };
      const produce = (async () => {
        for (let i = 0; i < perPartition; i += 20) {
          await log.append(
            topic,
            Array.from({ length: 20 * partitions }, (_, n) => ({
              partition: n % partitions,
              key: null,
              value: `${i}`,
            })),
          );
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      const workers = [0, 1, 2].map(() => new Worker(log, work));
      for (const worker of workers) worker.start();
      for (let round = 0; round < 5; round++) {
        const worker = workers[round % 3] as Worker;
        await new Promise((resolve) => setTimeout(resolve, 600));
        await worker.stop();
        await new Promise((resolve) => setTimeout(resolve, 200));
        worker.start();
      }
      await produce;
      await eventually(
        'all is done',
        () => [...work.seen.values()].every((offsets) => offsets.length === perPartition),
        { timeoutMs: 120_000 },
      );
      await Promise.all(workers.map((worker) => worker.stop()));
      const all = Array.from({ length: perPartition }, (_, i) => i);
      for (const offsets of work.seen.values()) expect(offsets).toEqual(all);
      expect(workers.reduce((sum, worker) => sum + worker.failures, 0)).toBe(0);
    });

    test("those who watch the group's lag see where it is", async () => {
      const group = uniqueName('lag');
      const name = uniqueName('groups');
      await log.ensureTopic({ name, partitions: 1 });
      await log.append(
        name,
        Array.from({ length: 10 }, () => ({ partition: 0, key: null, value: 'x' })),
      );
      const consumer = await log.consume({ topic: name, group, startAt: async () => 3 });
      const admin = new Kafka({ brokers: addresses, logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      await eventually(
        'the offset is committed',
        async () => {
          await consumer.poll({ maxWaitMs: 200 });
          const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [name] });
          return offsets?.partitions[0]?.offset === '10';
        },
        { timeoutMs: 120_000 },
      );
      await admin.disconnect();
      await consumer.close();
    });
  });
}

if (brokers) describeGroups(brokers);
else
  describe.skip('Consumer groups in Kafka (skipped: TENON_KAFKA_BROKERS is not set; npm run test:real sets it)', () => {
    test('hand over partitions', () => undefined);
  });
