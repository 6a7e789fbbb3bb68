import { TenonError } from '@tenon/errors';
import type { LogRecord, ReadOptions } from '@tenon/ports';
import type { KafkaRecord } from './kafka-record';
import type { Cluster } from './kafkajs';
import { fetchFrom } from './kafkajs';
import { fetchOffsets } from './offsets';
import { OFFSET_OUT_OF_RANGE, lastingError, passingError } from './protocol-errors';
import type { UnreadableBatch } from './record-batch';
import { decodeRecordSet } from './record-batch';

const DEFAULT_BYTES = 1024 * 1024;
/** Leaders change; the metadata is then read again. */
const TRIES = 5;

/** Records of one partition from `from` on, outside of any group; empty at the end. */
export async function readRecords(
  cluster: Cluster,
  topic: string,
  partition: number,
  from: number,
  options: ReadOptions = {},
  passedOver: (batch: UnreadableBatch) => void = () => undefined,
): Promise<readonly LogRecord[]> {
  const { maxRecords = Number.MAX_SAFE_INTEGER, maxBytes = DEFAULT_BYTES } = options;
  await cluster.addTargetTopic(topic);
  let offset = from;
  for (let tries = 0; ;) {
    const fetched = await fetchOne(cluster, topic, partition, offset, maxBytes);
    if (fetched === null || (fetched.errorCode !== 0 && fetched.errorCode !== OFFSET_OUT_OF_RANGE)) {
      const code = fetched?.errorCode ?? -1;
      const lasting = lastingError(code, topic);
      if (lasting !== null || ++tries >= TRIES) throw lasting ?? passingError(code, topic);
      await cluster.refreshMetadata();
      continue;
    }
    if (fetched.errorCode === OFFSET_OUT_OF_RANGE) {
      const start = (await fetchOffsets(cluster, topic, 'start')).get(partition) ?? 0;
      if (offset >= start) return [];
      offset = start;
      continue;
    }
    const { records, next, unreadable } = decodeRecordSet(fetched.recordSet, offset);
    unreadable.forEach(passedOver);
    if (records.length > 0) return cut(records, maxRecords, maxBytes);
    // Nothing but marks of transactions, or the end.
    if (next === offset) return [];
    offset = next;
  }
}

async function fetchOne(
  cluster: Cluster,
  topic: string,
  partition: number,
  offset: number,
  maxBytes: number,
) {
  await cluster.refreshMetadataIfNecessary();
  const known = cluster.findTopicPartitionMetadata(topic);
  const leader = known.find((one) => one.partitionId === partition);
  if (leader === undefined) {
    throw new TenonError('unknown-partition', `Topic ${topic} has no partition ${partition}.`);
  }
  const broker = await cluster.findBroker({ nodeId: leader.leader ?? -1 });
  const [fetched] = await fetchFrom(broker, {
    topic,
    partitions: [{ partition, offset, maxBytes }],
    maxWaitMs: 0,
    maxBytes,
  });
  return fetched ?? null;
}

function cut(records: readonly KafkaRecord[], maxRecords: number, maxBytes: number): readonly LogRecord[] {
  let bytes = 0;
  let count = 0;
  while (count < records.length && count < maxRecords && (count === 0 || bytes < maxBytes)) {
    bytes += (records[count] as KafkaRecord).size;
    count++;
  }
  return count === records.length ? records : records.slice(0, count);
}
