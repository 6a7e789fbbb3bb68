import type { Admin, Kafka } from 'kafkajs';
import { TenonError } from '@tenon/errors';
import type {
  AppendOptions,
  ConsumeOptions,
  EventLog,
  LogConsumer,
  LogRecord,
  NewRecord,
  ReadOptions,
  TopicRemover,
  TopicSpec,
} from '@tenon/ports';
import type { KafkaClientOptions } from './client';
import { createKafka } from './client';
import { KafkaConsumer } from './consumer';
import { ParkedMembers } from './parked-members';
import { toTenonError } from './errors';
import type { Cluster } from './kafkajs';
import { createCluster, topicIdAt } from './kafkajs';
import type { GroupTiming } from './membership';
import { fetchOffsets, fetchRanges } from './offsets';
import type { ProduceQueueOptions, Send } from './produce-queue';
import { ProduceQueue } from './produce-queue';
import type { ProducerTiming } from './producer';
import { Producer } from './producer';
import { readRecords } from './reader';
import type { UnreadableBatch } from './record-batch';
import type { TopicPolicy } from './topics';
import { ensureTopic, partitionsOf } from './topics';

export interface KafkaEventLogOptions extends KafkaClientOptions, TopicPolicy {
  readonly append?: Partial<ProduceQueueOptions>;
  readonly produce?: Partial<ProducerTiming>;
  readonly group?: Partial<GroupTiming>;
  /** Told of each batch that cannot be read, which is logged and passed over. */
  readonly unreadable?: (topic: string, partition: number, batch: UnreadableBatch) => void;
  /** Consumers read nothing of transactions that are open or were aborted: for topics that others write. */
  readonly committed?: boolean;
  /** How much a consumer fetches ahead. Default 16 MiB. */
  readonly bufferBytes?: number;
}

const APPEND: ProduceQueueOptions = {
  gatherBytes: 256 * 1024,
  lingerMs: 0,
  maxPendingBytes: 64 * 1024 * 1024,
};
const PRODUCE: ProducerTiming = { tryMs: 15_000, tryMsWhenDown: 2_000 };
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 500;

/**
 * A log in Kafka 4 (3.6 and later should do). Nothing is connected before it is needed, so that this never fails.
 * `durable` is acks=all: the brokers' replication and `min.insync.replicas` decide what that survives. `relaxed` is
 * acks=1.
 */
export function createKafkaEventLog(options: KafkaEventLogOptions): EventLog & TopicRemover {
  return new KafkaEventLog(options);
}

class KafkaEventLog implements EventLog, TopicRemover {
  private readonly kafka: Kafka;
  private readonly groupKafka: Kafka;
  private readonly timing: GroupTiming;
  private readonly queues = new Map<string, ProduceQueue>();
  private readonly partitions = new Map<string, number>();
  private readonly producers = new Map<string, Producer>();
  private readonly stopping = new AbortController();
  private readonly consumers = new Set<KafkaConsumer>();
  private readonly parked = new ParkedMembers();
  private readonly parts = new Map<string, Promise<unknown>>();
  private closing: Promise<void> | null = null;

  constructor(private readonly options: KafkaEventLogOptions) {
    const sessionTimeoutMs = options.group?.sessionTimeoutMs ?? SESSION_MS;
    // A member rejoins beside its work, so it needs no longer than a heartbeat; a longer wait is one for the dead, which
    // the brokers count as alive while a rebalance waits for them.
    this.timing = {
      sessionTimeoutMs,
      rebalanceTimeoutMs: sessionTimeoutMs,
      heartbeatMs: HEARTBEAT_MS,
      ...options.group,
    };
    this.kafka = createKafka(options);
    // A member waits for the others to join.
    this.groupKafka = createKafka(options, this.timing.rebalanceTimeoutMs + 10_000);
  }

  async ensureTopic(spec: TopicSpec): Promise<void> {
    const admin = await this.admin();
    await ensureTopic(admin, spec, this.options);
    this.partitions.set(spec.name, spec.partitions);
  }

  async hasTopic(name: string): Promise<boolean> {
    const admin = await this.admin();
    return attempt(
      `Topic ${name} could not be looked up`,
      async () => (await partitionsOf(admin, name)) !== null,
    );
  }

  async topicId(name: string): Promise<string | null> {
    // Of its own: where others have asked for a topic that is gone, all metadata fails.
    const cluster = await this.connected('ids', () =>
      createCluster(this.kafka, this.timing.metadataMaxAgeMs),
    );
    return attempt(`Topic ${name} could not be looked up`, async () => {
      await cluster.refreshMetadataIfNecessary();
      try {
        return await topicIdAt(await cluster.findControllerBroker(), name);
      } catch (error) {
        // Another broker may be the controller by now.
        await cluster.refreshMetadata().catch(() => undefined);
        throw error;
      }
    });
  }

  async append(topic: string, records: readonly NewRecord[], options?: AppendOptions): Promise<number[]> {
    if (this.closing !== null) throw closed();
    const partitions = this.partitions.get(topic) ?? (await this.lookUp(topic));
    if (records.length === 0) return [];
    for (const { partition } of records) {
      if (!(partition >= 0 && partition < partitions)) {
        // kafkajs would leave the record out without a word.
        throw new TenonError('unknown-partition', `Topic ${topic} has no partition ${partition}.`);
      }
    }
    let queue = this.queues.get(topic);
    if (queue === undefined) {
      const send: Send = async (batches, durable) => {
        try {
          return await (await this.producer(durable)).send(topic, batches, durable ? -1 : 1);
        } catch (error) {
          const failure = toTenonError(error, `Topic ${topic} could not be appended to`);
          return new Map([...batches.keys()].map((partition) => [partition, failure]));
        }
      };
      queue = new ProduceQueue(topic, send, { ...APPEND, ...this.options.append });
      this.queues.set(topic, queue);
    }
    return queue.add(records, options?.ack !== 'relaxed');
  }

  startOffsets(topic: string): Promise<Record<string, number>> {
    return this.offsets(topic, 'start');
  }

  endOffsets(topic: string): Promise<Record<string, number>> {
    return this.offsets(topic, 'end');
  }

  async read(
    topic: string,
    partition: number,
    from: number,
    options?: ReadOptions,
  ): Promise<readonly LogRecord[]> {
    const cluster = await this.reader();
    return attempt(`Topic ${topic} could not be read`, () =>
      readRecords(cluster, topic, partition, from, options, (batch) =>
        this.passedOver(topic, partition, batch),
      ),
    );
  }

  async consume(options: ConsumeOptions): Promise<LogConsumer> {
    if (this.closing !== null) throw closed();
    const { topic, group } = options;
    const reader = await this.reader();
    return attempt(`Group ${group} could not be joined`, async () => {
      const cluster = createCluster(this.kafka, this.timing.metadataMaxAgeMs);
      await cluster.connect();
      const consumer = new KafkaConsumer({
        topic,
        group,
        ...(options.latency !== undefined && { latency: options.latency }),
        startAt: (partition) => options.startAt(partition),
        kafka: this.groupKafka,
        cluster,
        timing: this.timing,
        parked: this.parked,
        bufferBytes: this.options.bufferBytes ?? 16 * 1024 * 1024,
        committed: this.options.committed ?? false,
        passedOver: (partition, batch) => this.passedOver(topic, partition, batch),
        offsets: () => attempt(`Offsets of ${topic} could not be read`, () => fetchRanges(reader, topic)),
      });
      try {
        await cluster.addTargetTopic(topic);
        await consumer.start();
      } catch (error) {
        await consumer.close();
        throw error;
      }
      this.consumers.add(consumer);
      return consumer;
    });
  }

  async deleteTopic(name: string): Promise<void> {
    if (!(await this.hasTopic(name))) return;
    const admin = await this.admin();
    await attempt(`Topic ${name} could not be deleted`, () => admin.deleteTopics({ topics: [name] }));
    this.partitions.delete(name);
  }

  async deleteBefore(topic: string, offsets: Readonly<Record<string, number>>): Promise<void> {
    const ranges = await attempt(`Offsets of ${topic} could not be read`, async () =>
      fetchRanges(await this.reader(), topic),
    );
    const partitions = Object.entries(offsets).flatMap(([id, offset]) => {
      const range = ranges.get(Number(id));
      if (range === undefined)
        throw new TenonError('unknown-partition', `Topic ${topic} has no partition ${id}.`);
      const before = Math.min(offset, range.end);
      return before > range.start ? [{ partition: Number(id), offset: String(before) }] : [];
    });
    if (partitions.length === 0) return;
    const admin = await this.admin();
    await attempt(`Records of ${topic} could not be deleted`, () =>
      admin.deleteTopicRecords({ topic, partitions }),
    );
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      // What is under way may finish; what fails is not tried again.
      this.stopping.abort();
      await Promise.all([...this.queues.values()].map((queue) => queue.close()));
      await Promise.all([this.parked.close(), ...[...this.consumers].map((consumer) => consumer.close())]);
      const parts = await Promise.allSettled(this.parts.values());
      await Promise.allSettled(
        parts.map((part) => (part.status === 'fulfilled' ? (part.value as Admin).disconnect() : undefined)),
      );
    })();
    return this.closing;
  }

  /** Set aside, so that it ends no reader: others may write to the topic, in forms that this one cannot read. */
  private passedOver(topic: string, partition: number, batch: UnreadableBatch): void {
    const facts = { code: 'unreadable-batch', topic, partition, ...batch };
    this.options.logger?.error(facts, 'a batch of records cannot be read');
    this.options.unreadable?.(topic, partition, batch);
  }

  private async offsets(topic: string, which: 'start' | 'end'): Promise<Record<string, number>> {
    const cluster = await this.reader();
    const offsets = await attempt(`Offsets of ${topic} could not be read`, () =>
      fetchOffsets(cluster, topic, which),
    );
    return Object.fromEntries(
      [...offsets].sort(([a], [b]) => a - b).map(([id, offset]) => [String(id), offset]),
    );
  }

  private async lookUp(topic: string): Promise<number> {
    const admin = await this.admin();
    const partitions = await attempt(`Topic ${topic} could not be looked up`, () =>
      partitionsOf(admin, topic),
    );
    if (partitions === null) throw new TenonError('unknown-topic', `There is no topic ${topic}.`);
    this.partitions.set(topic, partitions);
    return partitions;
  }

  private admin(): Promise<Admin> {
    return this.connected('admin', () => this.kafka.admin());
  }

  private reader(): Promise<Cluster> {
    return this.connected('reader', () => createCluster(this.kafka, this.timing.metadataMaxAgeMs));
  }

  /** Two, so that what may be relaxed does not wait behind what must be replicated. */
  private async producer(durable: boolean): Promise<Producer> {
    const name = durable ? 'durable' : 'relaxed';
    const cluster = await this.connected(name, () => createCluster(this.kafka, this.timing.metadataMaxAgeMs));
    let producer = this.producers.get(name);
    if (producer === undefined) {
      producer = new Producer(cluster, { ...PRODUCE, ...this.options.produce }, this.stopping.signal);
      this.producers.set(name, producer);
    }
    return producer;
  }

  /** A part that is connected when it is first used; if that fails, the next use tries again. */
  private connected<T extends { connect(): Promise<void> }>(name: string, make: () => T): Promise<T> {
    if (this.closing !== null && !this.parts.has(name)) return Promise.reject(closed());
    let part = this.parts.get(name) as Promise<T> | undefined;
    if (part === undefined) {
      const made = make();
      part = attempt(`Kafka (${this.options.brokers.join(', ')}) cannot be reached`, () =>
        made.connect(),
      ).then(() => made);
      part.catch(() => this.parts.delete(name));
      this.parts.set(name, part);
    }
    return part;
  }
}

const closed = () => new TenonError('log-closed', 'The log is closed.');

async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toTenonError(error, what);
  }
}
