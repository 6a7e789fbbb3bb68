/** Topics that another client has written, dumped and restored, and read by that client again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import type { Admin, IHeaders, Producer } from 'kafkajs';
import { createKafkaRawTopics } from '@tenon/adapters-kafka';
import { systemClock } from '@tenon/adapters-embedded';
import { createRecordFiles } from '@tenon/engine';
import type { RawTopics, RecordFiles } from '@tenon/ports';
import { eventually, uniqueName } from '@tenon/testing';
import type { Certificate, Manifest } from '@tenon/topic-backup';
import { EVERYTHING, NO_PROGRESS, dump, restore } from '@tenon/topic-backup';

const brokers = process.env['TENON_KAFKA_BROKERS']?.split(',');
const describeReal = brokers === undefined ? describe.skip : describe;

interface Message {
  readonly partition: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly timestamp: string;
  readonly headers: Record<string, string | string[]>;
}

const PARTITIONS = 3;
const BEGIN = Date.parse('2026-01-01T00:00:00Z');

describeReal('A topic of Kafka that others have written', () => {
  const kafka = new Kafka({ brokers: brokers ?? [], logLevel: logLevel.NOTHING });
  const directory = mkdtempSync(join(tmpdir(), 'tenon-foreign-'));
  let admin: Admin;
  let producer: Producer;
  let topics: RawTopics;
  let files: RecordFiles;

  beforeAll(async () => {
    admin = kafka.admin();
    producer = kafka.producer();
    await Promise.all([admin.connect(), producer.connect()]);
    topics = createKafkaRawTopics({ brokers: brokers ?? [] });
    files = await createRecordFiles();
  });
  afterAll(async () => {
    await Promise.all([admin.disconnect(), producer.disconnect(), topics.close(), files.close()]);
    rmSync(directory, { recursive: true, force: true });
  });

  const create = (topic: string, config: Readonly<Record<string, string>>) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic,
          numPartitions: PARTITIONS,
          replicationFactor: 1,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        },
      ],
    });
  const configure = (topic: string, config: Readonly<Record<string, string>>) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: 2,
          name: topic,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        },
      ],
    });

  async function copy(
    topic: string,
  ): Promise<{ manifest: Manifest; certificate: Certificate; into: string }> {
    const into = `${topic}.copy`;
    const deps = {
      topics,
      files,
      clock: systemClock,
      progress: NO_PROGRESS,
      signal: new AbortController().signal,
    };
    const folder = join(directory, topic);
    const manifest = await dump(
      { ...deps, writtenBy: 'spec' },
      { directory: folder, names: [topic], selection: EVERYTHING, parallel: 2, fileBytes: 20_000 },
    );
    const restored = await restore(deps, {
      directory: folder,
      only: null,
      into,
      partitions: null,
      replication: null,
      groups: true,
      out: null,
      parallel: 2,
    });
    return { manifest, certificate: restored[0]?.certificate as Certificate, into };
  }

  /** By partition, as kafkajs reads them. */
  async function readAll(topic: string, count: number): Promise<Message[][]> {
    const consumer = kafka.consumer({ groupId: uniqueName('reader') });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const found: Message[][] = Array.from({ length: PARTITIONS }, () => []);
    let left = count;
    await consumer.run({
      eachMessage: async ({ partition, message: { key, value, timestamp, headers } }) => {
        found[partition]?.push({
          partition,
          key: key === null ? null : String(key),
          value,
          timestamp,
          headers: textsOf(headers ?? {}),
        });
        left--;
      },
    });
    await eventually('all has been read', async () => left <= 0, { timeoutMs: 120_000 });
    await consumer.disconnect();
    return found;
  }

  test('is the same afterwards: codecs, transactions, null keys, tombstones, headers twice', async () => {
    const topic = uniqueName('foreign');
    await create(topic, { 'retention.ms': '-1' });
    const written: Message[][] = Array.from({ length: PARTITIONS }, () => []);
    let sequence = 0;
    const message = (): Message => {
      const at = sequence++;
      return {
        partition: at % PARTITIONS,
        key: at % 5 === 0 ? null : `k${at % 4}`,
        value:
          at % 7 === 0 ? null : Buffer.from([at % 256, 0, 255, 254, ...Buffer.from('x'.repeat(at % 90))]),
        timestamp: String(BEGIN + at * 1000),
        headers: at % 3 === 0 ? { a: ['1', '2'], b: '' } : {},
      };
    };
    const some = (count: number) => Array.from({ length: count }, message);
    const note = (messages: readonly Message[]) =>
      messages.forEach((one) => written[one.partition]?.push(one));
    for (const codec of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd']) {
      await configure(topic, { 'retention.ms': '-1', 'compression.type': codec });
      const plain = some(90);
      await producer.send({ topic, messages: plain });
      note(plain);
    }
    const transactional = kafka.producer({
      transactionalId: uniqueName('tx'),
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await transactional.connect();
    for (const commits of [true, false, false, true]) {
      const transaction = await transactional.transaction();
      const messages = some(12);
      await transaction.send({ topic, messages });
      await (commits ? transaction.commit() : transaction.abort());
      if (commits) note(messages);
      const between = some(6);
      await producer.send({ topic, messages: between });
      note(between);
    }
    await transactional.disconnect();
    const group = uniqueName('group');
    await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 1, offset: '155' }] });

    const { manifest, certificate, into } = await copy(topic);
    expect(certificate).toMatchObject({ equal: true, offsetsKept: false, config: { equal: true } });
    const count = written.flat().length;
    expect(await readAll(into, count)).toEqual(written);
    const missing = manifest.topics[0]?.parts.map((part) => part.missing);
    expect(missing).toEqual(
      Array.from({ length: PARTITIONS }, () => ({ aborted: 8, 'transaction-mark': 4 })),
    );
    // What the group had not read of before is what it reads now.
    const [committed] = await admin.fetchOffsets({ groupId: group, topics: [into] });
    const next = Number(committed?.partitions.find(({ partition }) => partition === 1)?.offset);
    expect(next).toBe(translated(manifest, 1, 155));
  });

  /** How many of the first records of a partition lie below an offset. */
  function translated(manifest: Manifest, partition: number, offset: number): number {
    const holes = manifest.topics[0]?.parts[partition]?.holes ?? [];
    return offset - holes.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, offset) - from), 0);
  }

  test('that is compacted keeps what was there, and says what was not', async () => {
    const topic = uniqueName('compacted');
    const config = {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.001',
      'max.compaction.lag.ms': '100',
    };
    await create(topic, config);
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: 4, name: '1', configEntries: [{ name: 'log.cleaner.backoff.ms', value: '200' }] }],
    });
    const written: Message[][] = Array.from({ length: PARTITIONS }, () => []);
    const send = async (round: number) => {
      const messages = Array.from({ length: 30 }, (_, at) => ({
        partition: at % PARTITIONS,
        key: `k${at}`,
        value: at === 4 ? null : Buffer.from(`${round}`),
        timestamp: String(BEGIN + round),
        headers: {},
      }));
      await producer.send({ topic, messages });
      messages.forEach((one) => written[one.partition]?.push(one));
    };
    await send(0);
    let round = 1;
    await eventually(
      'the cleaner has been here',
      async () => {
        await send(round++);
        return (await topics.read(topic, 0, 0, 5)).holes.length > 0;
      },
      { timeoutMs: 120_000 },
    );
    const { manifest, certificate, into } = await copy(topic);
    expect(certificate).toMatchObject({ equal: true, offsetsKept: false, config: { equal: true } });
    const [dumped] = manifest.topics as [Manifest['topics'][number]];
    const found = await readBack(into);
    for (const { partition, records, missing, log, from } of dumped.parts) {
      expect(from).toBe(0);
      expect(records + (missing['compaction'] ?? 0)).toBe(log.end);
      expect(missing['compaction']).toBeGreaterThan(0);
      const all = written[partition] ?? [];
      // What is there was written, in that order; and the last of each key is among it.
      let at = 0;
      for (const one of found[partition] ?? []) {
        while (at < all.length && key(all[at] as Message) !== key(one)) at++;
        expect(at++).toBeLessThan(all.length);
      }
      const last = new Map(all.map((one) => [one.key, key(one)]));
      const there = new Set((found[partition] ?? []).map(key));
      expect([...last.values()].filter((one) => !there.has(one) && !one.includes('"value":null'))).toEqual(
        [],
      );
    }
  });

  const key = ({ key: name, value, timestamp }: Message) =>
    JSON.stringify({ name, timestamp, value: value && String(value) });

  /** Past the port: the copy is compacted too by now. */
  async function readBack(topic: string): Promise<Message[][]> {
    const found: Message[][] = [];
    for (const [id, { start, end }] of Object.entries(await topics.ranges(topic))) {
      const messages: Message[] = [];
      for (let from = start; from < end;) {
        const read = await topics.read(topic, Number(id), from, end);
        from = read.next;
        for (const { key: name, value, timestamp } of read.records)
          messages.push({
            partition: Number(id),
            key: name && Buffer.from(name).toString(),
            value: value && Buffer.from(value),
            timestamp: String(timestamp),
            headers: {},
          });
      }
      found[Number(id)] = messages;
    }
    return found;
  }
});

function textsOf(headers: IHeaders): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(String) : String(value),
    ]),
  );
}
