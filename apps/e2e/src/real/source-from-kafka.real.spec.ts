/**
 * A source that takes its events from a Kafka topic of others: written by another client with compaction, transactions, null keys,
 * tombstones, headers twice and what is no event, under load, while the two instances of ingestion that share it die and stand still.
 * In the end the answers are what another client reads of the topic, counted by plain code.
 */
import { Kafka, logLevel } from 'kafkajs';
import type { Admin, Message, Producer } from 'kafkajs';
import { createKafkaEventLog } from '@tenon/adapters-kafka';
import { TOPICS } from '@tenon/contracts';
import type { EventLog } from '@tenon/ports';
import { eventually, uniqueName } from '@tenon/testing';
import { FeedServices, recordsOf } from './feed-services';
import { describeOnServers } from './servers';
import type { ServiceProcess } from './service-process';
import { makeOrders, shopsOf } from './shop';
import type { Order } from './shop';

const PARTITIONS = 3;
const ROUNDS = Number(process.env['TENON_E2E_ROUNDS'] ?? 2);

interface Read {
  readonly origin: string;
  readonly value: Buffer | null;
}

describeOnServers('A source from a Kafka topic', () => {
  jest.setTimeout(180_000 + ROUNDS * 30_000);
  const source = uniqueName('taken').replaceAll('-', '_');
  const topic = uniqueName('shop.orders');
  /** Of another source, whose topic the cleaner has been through. */
  const compacted = uniqueName('shop.kept');
  const kafka = new Kafka({
    brokers: (process.env['TENON_KAFKA_BROKERS'] ?? '').split(','),
    logLevel: logLevel.NOTHING,
  });
  let services: FeedServices;
  let log: EventLog;
  let admin: Admin;
  let producer: Producer;
  let transactional: Producer;
  let sent = 0;

  beforeAll(async () => {
    services = new FeedServices(source);
    services.declare(source, { kafka: { topic } });
    services.declareLive(source);
    services.declare(`${source}_kept`, { kafka: { topic: compacted } });
    admin = kafka.admin();
    producer = kafka.producer();
    transactional = kafka.producer({
      ...{ transactionalId: uniqueName('tx'), maxInFlightRequests: 1, idempotent: true },
    });
    await Promise.all([admin.connect(), producer.connect(), transactional.connect()]);
    log = createKafkaEventLog({ brokers: (process.env['TENON_KAFKA_BROKERS'] as string).split(',') });
    await services.start();
  });
  afterAll(async () => {
    await services?.stop();
    await Promise.allSettled([admin, producer, transactional].map((one) => one.disconnect()));
    await log?.close();
  });

  /** Writes a topic until the cleaner has been through it, and then has the cleaner leave it alone. */
  async function writeCompacted(): Promise<void> {
    const entries = (config: Readonly<Record<string, string>>) =>
      Object.entries(config).map(([name, value]) => ({ name, value }));
    const cleaned = {
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.001',
      'max.compaction.lag.ms': '100',
    };
    const configEntries = entries({ 'cleanup.policy': 'compact', ...cleaned });
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: compacted, numPartitions: PARTITIONS, replicationFactor: 1, configEntries }],
    });
    const backoff = entries({ 'log.cleaner.backoff.ms': '200' });
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 4, name: '1', configEntries: backoff }],
    });
    let written = 0;
    await eventually(
      'the cleaner has been here',
      async () => {
        const orders = makeOrders(0, 60).map((order) => JSON.stringify({ ...order, amount: written }));
        const sends = orders.map((value, index) => ({ key: `k${index}`, value: index === 7 ? null : value }));
        await producer.send({ topic: compacted, messages: sends });
        written += orders.length;
        return (await readAll(compacted)).length < written;
      },
      { timeoutMs: 120_000 },
    );
    const kept = entries({ 'cleanup.policy': 'delete', 'retention.ms': '-1' });
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 2, name: compacted, configEntries: kept }],
    });
  }

  /** Orders, and every so often something that is none. */
  function messages(count: number): Message[] {
    const orders = makeOrders(sent, sent + count);
    sent += count;
    return orders.map((order, index) => {
      const at = sent - count + index;
      const key = at % 5 === 0 ? null : `k${at % 40}`;
      const headers = { region: ['north', 'south'], ...(at % 3 === 0 && { correlationid: `c-${at}` }) };
      if (at % 97 === 1) return { key: `k${at % 40}`, value: null };
      if (at % 89 === 2) return { key, value: 'no JSON' };
      if (at % 83 === 3) return { key, value: JSON.stringify({ ...order, amount: 'much' }), headers };
      return { key, value: JSON.stringify(order), headers };
    });
  }

  async function transact(commits: boolean): Promise<void> {
    const transaction = await transactional.transaction();
    await transaction.send({ topic, messages: messages(20) });
    await (commits ? transaction.commit() : transaction.abort());
  }

  /** What another client reads of the topic, committed and not compacted away. */
  async function readAll(of: string): Promise<Read[]> {
    const found: Read[] = [];
    const ends = await admin.fetchTopicOffsets(of);
    const left = new Set(ends.filter(({ low, high }) => low !== high).map(({ partition }) => partition));
    const consumer = kafka.consumer({ groupId: uniqueName('oracle') });
    await consumer.connect();
    await consumer.subscribe({ topics: [of], fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { offset, value } of batch.messages)
          found.push({ origin: `${of}/${batch.partition}/${offset}`, value });
        const high = ends.find(({ partition }) => partition === batch.partition)?.high;
        if (Number(batch.lastOffset()) + 1 >= Number(high)) left.delete(batch.partition);
      },
    });
    await eventually('all has been read', async () => left.size === 0, { timeoutMs: 120_000 });
    await consumer.disconnect();
    return found;
  }

  const rows = (product: string) => services.rows(`${source}_${product}`);

  const ordersOf = (read: readonly Read[]): Order[] =>
    read.flatMap(({ value }) => {
      try {
        const order = JSON.parse(String(value)) as Order | null;
        return typeof order?.amount === 'number' ? [order] : [];
      } catch {
        return [];
      }
    });

  const ingestionStatus = async (of: ServiceProcess) => {
    const response = await fetch(`${of.url}/v1/status`);
    const status = (await response.json()) as { services: Record<string, unknown>[] };
    return status.services.filter(({ name }) => name === 'ingestion');
  };

  const nothingIsLeft = async (of: ServiceProcess) => {
    await eventually(
      'nothing is left',
      async () => {
        const states = (await ingestionStatus(of)) as {
          sources: { from: { lag: number; partitions: object } }[];
        }[];
        const froms = states.map(({ sources }) => sources[0]?.from);
        const held = froms.flatMap((from) => Object.values(from?.partitions ?? {}));
        return held.length === PARTITIONS && held.every((lane: { lag: number }) => lane.lag === 0);
      },
      { timeoutMs: 120_000 },
    );
  };

  test('is waited for, and read exactly once through kills', async () => {
    await writeCompacted();
    let [first, second] = [await services.startIngestion(), await services.startIngestion()];
    const ready = (await (await fetch(`${first.url}/readyz`)).json()) as { degraded: string[] };
    expect(ready.degraded[0]).toContain(`There is no topic ${topic}`);

    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }],
    });
    await producer.send({ topic, messages: messages(500) });
    await transact(true);
    await transact(false);
    for (let round = 0; round < ROUNDS; round++) {
      let writing = true;
      const load = (async () => {
        while (writing) {
          await producer.send({ topic, messages: messages(100) });
          await transact(sent % 3 !== 0);
        }
      })();
      await eventually('more is taken', async () => {
        const before = await log.endOffsets(TOPICS.events(source));
        await new Promise((resolve) => setImmediate(resolve));
        return Object.values(before).reduce((sum, end) => sum + end, 0) > (round + 1) * 400;
      });
      if (round % 2 === 0) {
        await first.kill();
        first = await services.startIngestion();
      } else {
        second.freeze();
        const before = (await log.endOffsets(TOPICS.events(source)))['0'] as number;
        await eventually(
          'the other one takes over',
          async () => {
            const now = (await log.endOffsets(TOPICS.events(source)))['0'] as number;
            return now > before + 500;
          },
          { timeoutMs: 120_000 },
        );
        second.thaw();
      }
      writing = false;
      await load;
    }
    await Promise.all([first.kill(), second.kill()]);
    await producer.send({ topic, messages: messages(300) });
    // The last records are no marks of transactions, so that another client sees where the topic ends.
    const last = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: null }));
    await producer.send({ topic, messages: last });
    [first, second] = [await services.startIngestion(), await services.startIngestion()];
    await nothingIsLeft(first);

    const read = await readAll(topic);
    const orders = ordersOf(read);
    expect(orders.length).toBeGreaterThan(1_000);
    for (const product of ['shops', 'live'])
      await eventually(
        'all is counted',
        async () => (await rows(product)).reduce((sum, [, count]) => sum + Number(count), 0) >= orders.length,
        { timeoutMs: 120_000 },
      );
    for (const product of ['shops', 'live']) expect(await rows(product)).toEqual(shopsOf(orders));
    expect(await rows('kept_shops')).toEqual(shopsOf(ordersOf(await readAll(compacted))));

    // What is no order is a dead letter with its origin; one that stood still within an append writes its letters after another has.
    const letters = await recordsOf(log, TOPICS.deadLetters(source));
    const refused = letters.filter((letter) => letter.header('tenon-offset') === undefined);
    const isOrder = new Set(read.filter((one) => ordersOf([one]).length > 0).map(({ origin }) => origin));
    expect([...new Set(refused.map((letter) => letter.header('tenon-origin')))].sort()).toEqual(
      read
        .map(({ origin }) => origin)
        .filter((origin) => !isOrder.has(origin))
        .sort(),
    );
    expect(new Set(refused.map((letter) => letter.header('tenon-reason')))).toEqual(
      new Set(['no-value', 'malformed-json', 'schema-violation']),
    );
    // Headers are carried over; of one that is there twice the last.
    const events = (await recordsOf(log, TOPICS.events(source))).filter((one) => one.header('tenon-origin'));
    expect(new Set(events.map((one) => one.header('region')))).toEqual(new Set(['south']));
    expect(events.some((one) => /^c-\d+$/.test(one.header('correlationid') ?? ''))).toBe(true);
  });
});
