import type { Cluster } from './kafkajs';

export interface OffsetRange {
  /** Of the first record that is kept. */
  readonly start: number;
  /** That the next record will get. */
  readonly end: number;
}

/** Partition → the first (`start`) or the next (`end`) offset, in one request per leader. */
export async function fetchOffsets(
  cluster: Cluster,
  topic: string,
  which: 'start' | 'end',
): Promise<ReadonlyMap<number, number>> {
  await cluster.addTargetTopic(topic);
  await cluster.refreshMetadataIfNecessary();
  const partitions = cluster.findTopicPartitionMetadata(topic).map((one) => ({ partition: one.partitionId }));
  const found = await cluster.fetchTopicsOffset([{ topic, fromBeginning: which === 'start', partitions }]);
  const offsets = new Map(found[0]?.partitions.map((one) => [one.partition, Number(one.offset)]));
  if (offsets.size !== partitions.length) throw new Error(`A partition of ${topic} has no leader`);
  return offsets;
}

export async function fetchRanges(
  cluster: Cluster,
  topic: string,
): Promise<ReadonlyMap<number, OffsetRange>> {
  const [starts, ends] = await Promise.all([
    fetchOffsets(cluster, topic, 'start'),
    fetchOffsets(cluster, topic, 'end'),
  ]);
  return new Map(
    [...ends].map(([partition, end]) => [partition, { start: starts.get(partition) ?? 0, end }]),
  );
}
