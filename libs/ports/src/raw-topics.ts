/**
 * Whole topics as they are, of Tenon or of anybody: for those who copy them. Unlike `EventLog`, which is what services need, records
 * keep what others may have written: null values, headers without a value or of one name twice, and holes between offsets.
 */
import type { Offset, Partition } from '@tenon/domain';

export interface RawHeader {
  readonly name: string;
  readonly value: Uint8Array | null;
}

export interface RawRecord {
  readonly offset: Offset;
  /** Milliseconds since the epoch, as it stands in the log; -1: it has none. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  /** Null: a tombstone. */
  readonly value: Uint8Array | null;
  /** In the order in which they were written. */
  readonly headers: readonly RawHeader[];
}

/** A record that is to be written; the log says at which offset. */
export type NewRawRecord = Omit<RawRecord, 'offset'>;

/**
 * Why an offset has no record: a mark of a transaction, a record of one that was aborted, one that compaction (or whatever else
 * removes records in the middle) has taken, or one that lies before the log's start.
 */
export type HoleReason = 'transaction-mark' | 'aborted' | 'compaction' | 'deleted';

/** Offsets [from, to) without records. */
export interface Hole {
  readonly from: Offset;
  readonly to: Offset;
  readonly reason: HoleReason;
}

export interface RawRead {
  /** In offset order. */
  readonly records: readonly RawRecord[];
  /** Between where it began and `next`, in offset order. */
  readonly holes: readonly Hole[];
  /** Where to read on; as asked: nothing was there. */
  readonly next: Offset;
}

export interface RawRange {
  /** Of the first record that is kept. */
  readonly start: Offset;
  /** Up to here everything is decided: what lies beyond belongs to transactions that are open. */
  readonly end: Offset;
  /** What the next record will get. */
  readonly highWatermark: Offset;
}

export interface TopicFacts {
  readonly name: string;
  /** See `EventLog.topicId`. */
  readonly id: string;
  readonly partitions: number;
  /** What was set on the topic itself. */
  readonly config: Readonly<Record<string, string>>;
}

/** Partition → the offset that the group reads next, as it has committed. */
export interface GroupOffsets {
  readonly group: string;
  readonly offsets: Readonly<Record<string, Offset>>;
}

export interface RawTopics {
  /** What this is, for people: `Kafka at …`, or the directory. */
  readonly name: string;
  /** Names that begin so, in order. */
  list(prefix: string): Promise<readonly string[]>;
  /** Null if there is no such topic; asking makes none. */
  describe(topic: string): Promise<TopicFacts | null>;
  ranges(topic: string): Promise<Readonly<Record<string, RawRange>>>;
  /** Partition → the first offset of a record with this timestamp or a later one; the end where there is none. */
  offsetsAt(topic: string, timestamp: number): Promise<Readonly<Record<string, Offset>>>;
  /** Records that were committed, from `from` on, before `end`. @throws TenonError `unreadable-batch`, Unavailable */
  read(topic: string, partition: Partition, from: Offset, end: Offset): Promise<RawRead>;
  groups(topic: string): Promise<readonly GroupOffsets[]>;

  /** Makes a topic that keeps what is written as it is, until `settle`. @throws TopicMismatch where it has other partitions */
  create(topic: string, partitions: number, replication?: number): Promise<void>;
  /** Appends in order, each record once, whatever is sent again. @returns the offset of the first; they are dense */
  append(topic: string, partition: Partition, records: readonly NewRawRecord[]): Promise<Offset>;
  /** What this log cannot hold of a record; null: nothing. */
  refusal(record: NewRawRecord): string | null;
  /** The topic as it shall be from now on. */
  settle(topic: string, config: Readonly<Record<string, string>>): Promise<void>;
  /** @throws TenonError `group-active` while it has members */
  commitGroup(topic: string, group: GroupOffsets): Promise<void>;
  close(): Promise<void>;
}
