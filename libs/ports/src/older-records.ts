/** The older part of an events topic, kept elsewhere: the same records at the same offsets, when the log has let them go. */
import type { Offset, Partition } from '@tenon/domain';
import type { LogRecord } from './event-log';

/** Some records that follow one another. */
export interface OlderPart {
  /** In offset order, with key, value, headers and timestamp as they were. */
  readonly records: readonly LogRecord[];
  /** The offset behind them: every record below it has been given. */
  readonly next: Offset;
}

export interface OlderRecords {
  /**
   * What it has of a partition from an offset on, without a gap, in parts of bounded size. Nothing where it does not have the
   * record at `from`, or none for the topic at all.
   */
  read(topic: string, partition: Partition, from: Offset): AsyncIterable<OlderPart>;
}

/** Older records that are kept, and what is known of those that are not. */
export interface OlderTier extends OlderRecords {
  /** The first offset from `from` on that it has, `from` itself or one behind a hole; null: none. */
  next(topic: string, partition: Partition, from: Offset): Promise<Offset | null>;
  /** What was removed from its beginning because of its age; null: nothing. */
  aged(topic: string, partition: Partition): Promise<AgedRecords | null>;
}

/** Records that went because of their age. */
export interface AgedRecords {
  /** The first offset that has not gone. */
  readonly before: Offset;
  /** None of them has a later event time, microseconds. */
  readonly until: number;
}
