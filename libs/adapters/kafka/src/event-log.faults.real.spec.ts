import { Unavailable } from '@tenon/errors';
import type { EventLog, LogConsumer, NewRecord } from '@tenon/ports';
import { createTcpProxy, uniqueName } from '@tenon/testing';
import type { TcpProxy } from '@tenon/testing';
import { createKafkaEventLog } from './event-log';

const brokers = process.env['TENON_KAFKA_BROKERS'];

const record = (value: string): NewRecord => ({ partition: 0, key: null, value });

async function values(log: EventLog, topic: string): Promise<string[]> {
  const all: string[] = [];
  for (let next = 0; ;) {
    const records = await log.read(topic, 0, next);
    const last = records.at(-1);
    if (last === undefined) return all;
    all.push(...records.map((one) => Buffer.from(one.value).toString()));
    next = last.offset + 1;
  }
}

function describeFaults(address: string): void {
  describe('The log in Kafka, over a network that fails', () => {
    const [host = '', port = ''] = (address.split(',')[0] as string).split(':');
    let proxy: TcpProxy;
    let log: EventLog;
    let direct: EventLog;
    let topic: string;

    beforeEach(async () => {
      proxy = await createTcpProxy({ host, port: Number(port) });
      log = createKafkaEventLog({
        brokers: [`127.0.0.1:${proxy.port}`],
        translate: () => ({ host: '127.0.0.1', port: proxy.port }),
        requestTimeoutMs: 1_000,
        produce: { tryMs: 8_000, tryMsWhenDown: 1_000 },
        group: { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 6_000, heartbeatMs: 300 },
      });
      direct = createKafkaEventLog({ brokers: address.split(',') });
      topic = uniqueName('faults');
      await log.ensureTopic({ name: topic, partitions: 1 });
    });

    afterEach(async () => {
      proxy.set('pass');
      await log.close();
      await direct.close();
      await proxy.close();
    });

    test('a lost answer loses no record: the append is repeated, and resolves once it is confirmed', async () => {
      await log.append(topic, [record('first')]);
      proxy.set('mute');
      const appends = ['A', 'B', 'C'].map((value) => log.append(topic, [record(value)]));
      setTimeout(() => proxy.set('pass'), 1_500);
      const offsets = await Promise.all(appends);
      expect(proxy.counts.lost).toBeGreaterThan(0);
      const all = await values(direct, topic);
      expect(offsets.flat().map((offset) => all[offset])).toEqual(['A', 'B', 'C']);
      // Repeated as a whole, so the first copies are in order.
      expect(all.filter((value, i) => all.indexOf(value) === i)).toEqual(['first', 'A', 'B', 'C']);
    });

    for (const mode of ['refuse', 'silent'] as const) {
      test(`with Kafka gone (${mode}) appends and reads fail in time, and work when it is back`, async () => {
        await log.append(topic, [record('before')]);
        proxy.set(mode);
        const began = performance.now();
        await expect(log.append(topic, [record('lost')])).rejects.toBeInstanceOf(Unavailable);
        expect(performance.now() - began).toBeLessThan(12_000);
        const again = performance.now();
        await expect(log.append(topic, [record('lost')])).rejects.toBeInstanceOf(Unavailable);
        expect(performance.now() - again).toBeLessThan(3_000);
        await expect(log.read(topic, 0, 0)).rejects.toBeInstanceOf(Unavailable);
        await expect(log.endOffsets(topic)).rejects.toBeInstanceOf(Unavailable);
        proxy.set('pass');
        const until = performance.now() + 20_000;
        for (;;) {
          const done = await log.append(topic, [record('after')]).then(
            () => true,
            () => false,
          );
          if (done) break;
          expect(performance.now()).toBeLessThan(until);
        }
        const all = await values(direct, topic);
        expect([all[0], all.at(-1)]).toEqual(['before', 'after']);
        expect(Object.keys(await log.endOffsets(topic))).toEqual(['0']);
        expect((await log.read(topic, 0, 0)).length).toBeGreaterThan(0);
      });
    }

    test('a consumer whose connections break goes on, or fails so that another one can take its place', async () => {
      const group = uniqueName('group');
      const seen: number[] = [];
      let failures = 0;
      let consumer: LogConsumer | null = null;
      const startAt = async () => (seen.at(-1) ?? -1) + 1;
      const until = performance.now() + 60_000;
      for (let i = 0; i < 100; i++) await direct.append(topic, [record(String(i))]);
      while (seen.length < 300) {
        expect(performance.now()).toBeLessThan(until);
        try {
          consumer ??= await log.consume({ topic, group, startAt });
          const { read } = await consumer.poll({ maxWaitMs: 200, maxRecords: 50 });
          const offsets = read.flatMap(({ records }) => records.map((one) => one.offset));
          seen.push(...offsets);
          if (offsets.includes(99) || offsets.includes(199)) {
            proxy.set('refuse');
            for (let i = 0; i < 100; i++) await direct.append(topic, [record(String(i))]);
            setTimeout(() => proxy.set('pass'), 1_000);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(Unavailable);
          failures++;
          await consumer?.close();
          consumer = null;
        }
      }
      await consumer?.close();
      expect(proxy.counts.refused).toBeGreaterThan(0);
      expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
      expect(failures).toBeLessThan(20);
    });

    test('a poll fails once Kafka has been gone for long', async () => {
      const consumer = await log.consume({ topic, group: uniqueName('group'), startAt: async () => 0 });
      await consumer.poll({ maxWaitMs: 100 });
      proxy.set('refuse');
      const polls = async () => {
        for (;;) await consumer.poll({ maxWaitMs: 500 });
      };
      await expect(polls()).rejects.toBeInstanceOf(Unavailable);
      await consumer.close();
    });
  });
}

if (brokers) describeFaults(brokers);
else
  describe.skip('The log in Kafka, over a network that fails (skipped: TENON_KAFKA_BROKERS is not set)', () => {
    test('keeps what it has acknowledged', () => undefined);
  });
