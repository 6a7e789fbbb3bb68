/** Topics: made as the catalog says, and checked where they are there already. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, ConfigEntries } from 'kafkajs';
import { ConfigResourceTypes } from 'kafkajs';
import { TenonError, TopicMismatch } from '@tenon/errors';
import type { Logger, TopicSpec } from '@tenon/ports';
import { protocolType, toTenonError } from './errors';

/** Frames and files' batches are larger than Kafka's default of 1 MiB per batch. */
export const MAX_BATCH_BYTES = 16 * 1024 * 1024;

export interface TopicPolicy {
  /** Copies of each partition; absent: the brokers' default. */
  readonly replicationFactor?: number;
  /** Copies that must have a record before it is acknowledged; absent: the brokers' default. */
  readonly minInsyncReplicas?: number;
  /** Topics that keep all may have a retention nevertheless: whoever says so has what is deleted elsewhere. */
  readonly allowsRetention?: boolean;
  readonly logger?: Logger;
}

/** @throws TopicMismatch, TenonError `invalid-topic`, `topic-compacted`, `topic-deletes`, Unavailable */
export async function ensureTopic(admin: Admin, spec: TopicSpec, policy: TopicPolicy): Promise<void> {
  if (!Number.isSafeInteger(spec.partitions) || spec.partitions < 1) {
    throw new TenonError('invalid-topic', `Topic ${spec.name} needs at least one partition.`);
  }
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    try {
      return await ensureOnce(admin, spec, policy);
    } catch (error) {
      const unsettled = error === UNSETTLED || protocolType(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
      if (!unsettled || performance.now() > deadline)
        throw toTenonError(error, `Topic ${spec.name} could not be ensured`);
      await sleep(100);
    }
  }
}

/** Services that start together make the same topics: one does, and it takes a moment until every broker knows. */
const SETTLE_MS = 10_000;
const UNSETTLED = new Error('The topic has been made, but is not known yet.');

async function ensureOnce(admin: Admin, spec: TopicSpec, policy: TopicPolicy): Promise<void> {
  const created = (await partitionsOf(admin, spec.name)) === null && (await create(admin, spec, policy));
  const partitions = await partitionsOf(admin, spec.name);
  if (partitions === null) throw UNSETTLED;
  if (!created) await checkConfig(admin, spec, policy);
  if (partitions !== spec.partitions) throw new TopicMismatch(spec.name, partitions, spec.partitions);
}

/** @returns null if there is no such topic */
export async function partitionsOf(admin: Admin, topic: string): Promise<number | null> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length ?? null;
  } catch (error) {
    if (protocolType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return null;
    throw error;
  }
}

const retentionOf = (spec: TopicSpec) => String(spec.retentionMs ?? -1);

/** @returns false if another was faster */
async function create(admin: Admin, spec: TopicSpec, policy: TopicPolicy): Promise<boolean> {
  const { replicationFactor = -1, minInsyncReplicas } = policy;
  try {
    return await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: spec.name,
          numPartitions: spec.partitions,
          replicationFactor,
          configEntries: [
            { name: 'cleanup.policy', value: 'delete' },
            { name: 'retention.ms', value: retentionOf(spec) },
            { name: 'retention.bytes', value: '-1' },
            // What brokers would recompress their clients would have to be able to read.
            { name: 'compression.type', value: 'producer' },
            { name: 'max.message.bytes', value: String(MAX_BATCH_BYTES) },
            // Kafka refuses timestamps an hour ahead of its own clock; a record's timestamp decides nothing in Tenon.
            { name: 'message.timestamp.after.max.ms', value: '9223372036854775807' },
            ...(minInsyncReplicas === undefined
              ? []
              : [{ name: 'min.insync.replicas', value: String(minInsyncReplicas) }]),
          ],
        },
      ],
    });
  } catch (error) {
    if (alreadyExists(error)) return false;
    throw error;
  }
}

function alreadyExists(error: unknown): boolean {
  if (protocolType(error) === 'TOPIC_ALREADY_EXISTS') return true;
  const { errors } = error as { errors?: unknown };
  return Array.isArray(errors) && errors.some((one) => protocolType(one) === 'TOPIC_ALREADY_EXISTS');
}

async function checkConfig(admin: Admin, spec: TopicSpec, policy: TopicPolicy): Promise<void> {
  const { logger } = policy;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: spec.name }],
  });
  const entries = resources[0]?.configEntries ?? [];
  const value = (name: string) => entries.find((entry) => entry.configName === name)?.configValue;
  if (value('cleanup.policy')?.includes('compact')) {
    throw new TenonError(
      'topic-compacted',
      `Topic ${spec.name} is compacted: Kafka would drop records from it.`,
      {
        hint: `Set cleanup.policy=delete on ${spec.name}.`,
      },
    );
  }
  const compression = value('compression.type');
  if (compression !== undefined && compression !== 'producer')
    logger?.warn(
      { topic: spec.name, compression },
      'Kafka compresses this topic anew: set compression.type=producer',
    );
  if (spec.keepsAll === true)
    refuseRetention(spec.name, policy, value('retention.ms'), value('retention.bytes'));
  if (value('retention.ms') === retentionOf(spec)) return;
  if (spec.retentionMs === undefined) {
    // Somebody chose that, perhaps because disks are small: it is theirs to choose, and ours to say what it means.
    logger?.warn(
      { topic: spec.name, retentionMs: Number(value('retention.ms')) },
      'Kafka deletes records of this topic that are older than its retention',
    );
    return;
  }
  await setConfig(admin, spec.name, entries, 'retention.ms', retentionOf(spec));
}

function refuseRetention(
  topic: string,
  { allowsRetention = false }: TopicPolicy,
  ms = '-1',
  bytes = '-1',
): void {
  if (allowsRetention || (ms === '-1' && bytes === '-1')) return;
  throw new TenonError(
    'topic-deletes',
    `Kafka deletes records of ${topic} (retention.ms=${ms}, retention.bytes=${bytes}): events would be lost.`,
    {
      hint: `Set retention.ms=-1 and retention.bytes=-1 on ${topic}; or TENON_KAFKA_RETENTION=allow, where the archive has them before they go.`,
    },
  );
}

/** The source of an entry that was set on the topic itself. */
const DYNAMIC_TOPIC_CONFIG = 1;

/** AlterConfigs replaces all of a topic's settings, so that what others have set goes along. */
async function setConfig(
  admin: Admin,
  topic: string,
  entries: readonly ConfigEntries[],
  name: string,
  value: string,
): Promise<void> {
  const kept = entries
    .filter((entry) => (entry.configSource as number) === DYNAMIC_TOPIC_CONFIG && entry.configName !== name)
    .map((entry) => ({ name: entry.configName, value: entry.configValue }));
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [...kept, { name, value }] }],
  });
}
