/** Whole topics of a Kafka cluster, whoever wrote them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { ConfigResourceTypes } from 'kafkajs';
import { TenonError, TopicMismatch, Unavailable } from '@tenon/errors';
import type { GroupOffsets, RawRange, RawRead, RawTopics, TopicFacts } from '@tenon/ports';
import type { KafkaClientOptions } from '../client';
import { createKafka } from '../client';
import { toTenonError } from '../errors';
import type { FetchedPartition } from '../fetch-response';
import type { Cluster } from '../kafkajs';
import { createCluster, fetchFrom, topicIdAt } from '../kafkajs';
import { fetchOffsets } from '../offsets';
import { OFFSET_OUT_OF_RANGE, lastingError, passingError } from '../protocol-errors';
import { MAX_BATCH_BYTES, partitionsOf } from '../topics';
import { decodeRaw } from './decode-raw';
import { commitGroup, groupsOf } from './groups';
import { RawWriter } from './writer';

export interface KafkaRawOptions extends KafkaClientOptions {
  /** How much one read asks for. Default 4 MiB. */
  readonly readBytes?: number;
}

const READ_BYTES = 4 * 1024 * 1024;
/** How long what was promised may be missing, e.g. while a leader is elected, milliseconds. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 200;
const DYNAMIC_TOPIC_CONFIG = 1;

/** So that what is written stays as it is while it is read back. */
const AS_WRITTEN: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'compression.type': 'producer',
  'max.message.bytes': String(MAX_BATCH_BYTES),
  'message.timestamp.type': 'CreateTime',
  'message.timestamp.before.max.ms': '9223372036854775807',
  'message.timestamp.after.max.ms': '9223372036854775807',
};

export function createKafkaRawTopics(options: KafkaRawOptions): RawTopics {
  const kafka = createKafka(options);
  const stopping = new AbortController();
  const admin = lazily(() => kafka.admin());
  const cluster = lazily(() => createCluster(kafka));
  const writing = lazily(() => createCluster(kafka));
  const ids = lazily(() => createCluster(kafka));
  let writer: RawWriter | null = null;

  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toTenonError(error, what);
    }
  };

  const fetchOnce = (topic: string, partition: number, from: number, maxBytes: number) =>
    fetchCommitted(cluster(), topic, partition, from, maxBytes);

  const read = async (topic: string, partition: number, from: number, end: number): Promise<RawRead> => {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      let failure: TenonError;
      const fetched = await fetchOnce(topic, partition, from, options.readBytes ?? READ_BYTES).catch(
        (error: unknown) => toTenonError(error, `Topic ${topic} could not be read`),
      );
      if (fetched instanceof TenonError) {
        failure = fetched;
      } else if (fetched.errorCode === OFFSET_OUT_OF_RANGE) {
        const start = (await fetchOffsets(await cluster(), topic, 'start')).get(partition) ?? 0;
        if (start > from) {
          const next = Math.min(start, end);
          return { records: [], holes: [{ from, to: next, reason: 'deleted' }], next };
        }
        failure = new TenonError(
          'log-shorter',
          `Partition ${partition} of ${topic} ends before ${from} now.`,
        );
      } else if (fetched.errorCode === 0) {
        const place = { topic, partition };
        const decoded = decodeRaw(place, fetched.recordSet, fetched.aborted, from, end);
        if (decoded.next > from) return decoded;
        failure = new Unavailable(`Partition ${partition} of ${topic} gives nothing at ${from}.`);
      } else {
        failure = lastingError(fetched.errorCode, topic) ?? passingError(fetched.errorCode, topic);
      }
      if (!(failure instanceof Unavailable) || performance.now() > deadline) throw failure;
      await sleep(PAUSE_MS);
      await (await cluster()).refreshMetadata().catch(() => undefined);
    }
  };

  return {
    name: `Kafka at ${options.brokers.join(', ')}`,

    list: (prefix) =>
      attempt('Topics could not be listed', async () => {
        const topics = await (await admin()).listTopics();
        return topics.filter((topic) => topic.startsWith(prefix)).sort();
      }),

    describe: (topic) =>
      attempt(`Topic ${topic} could not be looked up`, async (): Promise<TopicFacts | null> => {
        const partitions = await partitionsOf(await admin(), topic);
        if (partitions === null) return null;
        const known = await ids();
        await known.refreshMetadataIfNecessary();
        const id = await topicIdAt(await known.findControllerBroker(), topic);
        if (id === null) return null;
        return { name: topic, id, partitions, config: await configOf(await admin(), topic) };
      }),

    ranges: (topic) =>
      attempt(`Offsets of ${topic} could not be read`, async () => {
        const starts = await fetchOffsets(await cluster(), topic, 'start');
        const ranges: Record<string, RawRange> = {};
        for (const [partition, start] of [...starts].sort(([a], [b]) => a - b)) {
          const fetched = await fetchOnce(topic, partition, start, 1);
          if (fetched.errorCode !== 0) throw passingError(fetched.errorCode, topic);
          const { lastStable, highWatermark } = fetched;
          const end = lastStable < 0 ? highWatermark : lastStable;
          ranges[String(partition)] = { start, end, highWatermark };
        }
        return ranges;
      }),

    offsetsAt: (topic, timestamp) =>
      attempt(`Offsets of ${topic} could not be read`, async () => {
        const found = await (await admin()).fetchTopicOffsetsByTimestamp(topic, timestamp);
        return Object.fromEntries(found.map(({ partition, offset }) => [String(partition), Number(offset)]));
      }),

    read,

    groups: (topic) =>
      attempt('Consumer groups could not be read', async () => groupsOf(await admin(), topic)),

    create: (topic, partitions, replication) =>
      attempt(`Topic ${topic} could not be made`, async () => {
        const there = await partitionsOf(await admin(), topic);
        if (there !== null && there !== partitions) throw new TopicMismatch(topic, there, partitions);
        const configEntries = Object.entries(AS_WRITTEN).map(([name, value]) => ({ name, value }));
        if (there !== null) return alter(await admin(), topic, AS_WRITTEN);
        await (
          await admin()
        ).createTopics({
          waitForLeaders: true,
          topics: [{ topic, numPartitions: partitions, replicationFactor: replication ?? -1, configEntries }],
        });
      }),

    append: async (topic, partition, records) => {
      writer ??= new RawWriter(await writing(), stopping.signal);
      return writer.append(topic, partition, records);
    },

    refusal: () => null,

    settle: (topic, config) =>
      attempt(`Topic ${topic} could not be configured`, async () => alter(await admin(), topic, config)),

    commitGroup: (topic: string, group: GroupOffsets) =>
      attempt(`Group ${group.group} could not be set`, async () => commitGroup(await admin(), topic, group)),

    close: async () => {
      stopping.abort();
      await Promise.allSettled([admin, cluster, writing, ids].map((part) => part.disconnect()));
    },
  };
}

interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

/** A part that is connected when it is first used. */
function lazily<T extends Connectable>(make: () => T): (() => Promise<T>) & { disconnect(): Promise<void> } {
  let part: Promise<T> | null = null;
  const get = () => {
    part ??= (async () => {
      const made = make();
      await made.connect();
      return made;
    })();
    part.catch(() => (part = null));
    return part;
  };
  return Object.assign(get, { disconnect: async () => (await part)?.disconnect() });
}

async function fetchCommitted(
  connecting: Promise<Cluster>,
  topic: string,
  partition: number,
  offset: number,
  maxBytes: number,
): Promise<FetchedPartition> {
  const cluster = await connecting;
  await cluster.addTargetTopic(topic);
  await cluster.refreshMetadataIfNecessary();
  const known = cluster.findTopicPartitionMetadata(topic).find((one) => one.partitionId === partition);
  const broker = await cluster.findBroker({ nodeId: known?.leader ?? -1 });
  const partitions = [{ partition, offset, maxBytes }];
  const [fetched] = await fetchFrom(broker, { topic, partitions, maxWaitMs: 0, maxBytes, committed: true });
  if (fetched === undefined) throw new Unavailable(`Kafka has not answered for ${topic}.`);
  return fetched;
}

async function configOf(admin: Admin, topic: string): Promise<Record<string, string>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  });
  const own = (resources[0]?.configEntries ?? [])
    .filter(
      ({ configSource, configValue }) =>
        (configSource as number) === DYNAMIC_TOPIC_CONFIG && configValue !== null,
    )
    .map(({ configName, configValue }) => [configName, configValue] as const);
  return Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** All that is set on the topic itself from now on. */
async function alter(admin: Admin, topic: string, config: Readonly<Record<string, string>>): Promise<void> {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
  });
}
