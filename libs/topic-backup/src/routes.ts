/** Where a record goes. */
import { HEADERS, TOPICS } from '@tenon/contracts';
import { partitionOf } from '@tenon/domain';
import type { RawRecord } from '@tenon/ports';

/** @returns the partition; null: it is left out */
export type Route = (record: RawRecord, partition: number) => number | null;

/** As Kafka's producers do by default: murmur2 of the key; records without one go round. */
function byKey(partitions: number): Route {
  let turn = 0;
  return ({ key }) => (key === null ? turn++ % partitions : partitionOf(key, partitions));
}

/**
 * As ingestion does: by the key, else by the event's id. Barriers stay behind: a cut of other partitions is none of these.
 */
function ofEvents(partitions: number): Route {
  return ({ key, value, headers }) => {
    if (headers.some(({ name }) => name === HEADERS.control)) return null;
    return partitionOf(key ?? idOf(value), partitions);
  };
}

function idOf(value: Uint8Array | null): string {
  try {
    const { id } = JSON.parse(Buffer.from(value ?? []).toString('utf8')) as { id?: unknown };
    return typeof id === 'string' ? id : '';
  } catch {
    return '';
  }
}

export const isEventsTopic = (topic: string) => topic.startsWith(TOPICS.events(''));

/** @param topic as it was dumped */
export const repartitioned = (topic: string, partitions: number): Route =>
  isEventsTopic(topic) ? ofEvents(partitions) : byKey(partitions);
