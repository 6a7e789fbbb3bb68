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
