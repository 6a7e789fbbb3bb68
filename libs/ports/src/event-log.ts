/**
 * A partitioned, durable, ordered log: what Tenon needs of Kafka, and no more.
 * Offsets are dense integers from 0 in each partition; a gap is possible only where records were deleted.
 */
import type { Offset, Offsets, Partition } from '@tenon/domain';

/** One record as read. Headers are decoded on demand, since the hot path needs few of them. */
export interface LogRecord {
  readonly offset: Offset;
  /** When it was appended, or what the appender said, as `logTime` takes it: milliseconds since the epoch. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
  /** True: it has no value, which `value` shows as an empty one. Absent where a log has no such records. */
  readonly isNull?: boolean;
  /** Why its value is not what a reader that decodes values could make of it. */
  readonly fault?: { readonly code: string; readonly detail: string };
  header(name: string): string | undefined;
  headerBytes(name: string): Uint8Array | undefined;
  headers(): Record<string, string>;
}

export interface NewRecord {
  readonly partition: Partition;
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; the log's clock where absent. */
  readonly timestamp?: number;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** How long records are kept; absent: for ever. */
  readonly retentionMs?: number;
  /** What is deleted from it is lost: it is refused where somebody has it delete by age or size. */
  readonly keepsAll?: boolean;
}

export interface ReadOptions {
  readonly maxRecords?: number;
  readonly maxBytes?: number;
}

export interface AppendOptions {
  /**
   * `durable` (default): resolves once the records survive a crash of the machine. `relaxed`: once they survive a
   * crash of this process; for records that are recomputed anyway, such as states.
   */
  readonly ack?: 'durable' | 'relaxed';
}

export interface PartitionRecords {
  readonly partition: Partition;
  /** In offset order, never empty. */
  readonly records: readonly LogRecord[];
}

export interface Polled {
  /** Partitions that this consumer gained since the last poll; reading starts where `startAt` said. */
  readonly assigned: readonly Partition[];
  /** Partitions that it lost; drop what is held for them. */
  readonly revoked: readonly Partition[];
  /** What came, by partition. */
  readonly read: readonly PartitionRecords[];
  /** Partitions that cannot be read on from where they should be; absent: none. */
  readonly displaced?: readonly Displaced[];
}

/**
 * A partition whose next offset is not there: records were deleted at the log's start, or its end lies before. Nothing of it
 * comes until it is sought; where to go on is the reader's to say, since going on means to read without what is gone. A gap
 * behind the log's start (compaction, marks of transactions) is none of these.
 */
export interface Displaced {
  readonly partition: Partition;
  /** The offset that was to come next. */
  readonly wanted: Offset;
  /** What the log has: `start` <= offset < `end`. */
  readonly start: Offset;
  readonly end: Offset;
  /** All offsets below are known to have stood there, though it ends before; absent: no more is known than what it has. */
  readonly held?: Offset;
}

export interface PollOptions extends ReadOptions {
  /** Resolve empty after this long without records. */
  readonly maxWaitMs: number;
  readonly signal?: AbortSignal;
}

export interface ConsumeOptions {
  readonly topic: string;
  /** Members of one group share the partitions; each partition has one reader at a time (a zombie may overlap). */
  readonly group: string;
  /**
   * `low` (default): each record as soon as it is there. `relaxed`: a quarter of a second later where there are few, in fewer
   * and larger pieces, for who has time.
   */
  readonly latency?: 'low' | 'relaxed';
  /** Asked for each newly assigned partition: the offset to read from. */
  startAt(partition: Partition): Promise<Offset>;
}

export interface LogConsumer {
  poll(options: PollOptions): Promise<Polled>;
  /**
   * The next poll reads this partition from `offset` on; records already fetched are dropped. Nothing if the partition is not
   * this consumer's any more: it may have been lost since the last poll. An offset that is not there displaces it.
   */
  seek(partition: Partition, offset: Offset): void;
  /**
   * Partition → the offset before which polls have given everything, what holds no records included (marks of transactions).
   * Absent where offsets are dense.
   */
  positions?(): ReadonlyMap<Partition, Offset>;
  /**
   * Whether a partition is still this consumer's, as soon as the group is not about to change: for those who must not go on with
   * what they have polled while another one begins. Absent where consumers lose nothing between polls.
   */
  stillHas?(partition: Partition): Promise<boolean>;
  /** Milliseconds since the group has last counted this consumer as there. Absent where there is no such thing. */
  silentMs?(): number;
  close(): Promise<void>;
}

/** For operators: what removes whole topics. No service does. */
export interface TopicRemover {
  /** Removes a topic with all its records; nothing if it is not there. Nobody may read or write it. */
  deleteTopic(name: string): Promise<void>;
}

/** Errors are `Unavailable` (retry later) or `TopicMismatch` (libs/errors). */
export interface EventLog {
  /** Creates the topic if it is missing; rejects with `TopicMismatch` if it has other partitions. */
  ensureTopic(spec: TopicSpec): Promise<void>;
  /** True if the topic is there; asking makes none. */
  hasTopic(name: string): Promise<boolean>;
  /**
   * Which topic it is: one that was deleted and made anew under its name has another id. Null if it is not there; asking makes
   * none. A log that knows no ids gives all topics one and the same.
   */
  topicId(name: string): Promise<string | null>;
  /** Appends in order, per partition. @returns the offset of each record, in the order given. */
  append(topic: string, records: readonly NewRecord[], options?: AppendOptions): Promise<Offset[]>;
  /** Partition → offset of the first record that is kept. */
  startOffsets(topic: string): Promise<Record<string, Offset>>;
  /** Partition → offset that the next record will get. What is answered stays as it is; the same again may be the same object. */
  endOffsets(topic: string): Promise<Record<string, Offset>>;
  /** The same without waiting; undefined where the log has to be asked now. Absent where it always has to. */
  endOffsetsNow?(topic: string): Readonly<Record<string, Offset>> | undefined;
  /** Records of one partition from `from` on (or from the first that is kept); empty at the end. */
  read(
    topic: string,
    partition: Partition,
    from: Offset,
    options?: ReadOptions,
  ): Promise<readonly LogRecord[]>;
  consume(options: ConsumeOptions): Promise<LogConsumer>;
  /** Lets the log delete records below these offsets; a hint, done whole segments at a time. */
  deleteBefore(topic: string, offsets: Offsets): Promise<void>;
  close(): Promise<void>;
}
