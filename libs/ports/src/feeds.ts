/** Streams that others write, as a source reads them: partitions of records with offsets, shared by a group of readers. */
import type { Offset, Partition, SourceDefinition, SourceFeed } from '@tenon/domain';
import type { EventLog } from './event-log';

/**
 * What ingestion needs of such a stream. Consumers read what was committed, and pass what they cannot read. Offsets name the same
 * record for as long as `topicId` is the same.
 */
export type FeedLog = Pick<EventLog, 'topicId' | 'startOffsets' | 'endOffsets' | 'consume' | 'close'>;

/** Offsets [from, to) that hold records in a form that is none. */
export interface UnreadableRecords {
  readonly partition: Partition;
  readonly from: Offset;
  readonly to: Offset;
  readonly reason: string;
}

export interface Feed {
  /** Where it is, for people: `Kafka at …`. */
  readonly place: string;
  /** What it is there: `topic shop.orders`. */
  readonly title: string;
  readonly log: FeedLog;
}

/** A source that takes its events from a stream. */
export type FedSource = Pick<SourceDefinition, 'name'> & { readonly from: SourceFeed };

/** @param unreadable told of what is passed over, before a poll gives what stands behind it */
export type OpenFeed = (source: FedSource, unreadable: (records: UnreadableRecords) => void) => Feed;
