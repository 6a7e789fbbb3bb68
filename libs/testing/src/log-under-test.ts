/** What the parts of the EventLog contract share. */
import type { EventLog, LogConsumer, LogRecord, NewRecord } from '@tenon/ports';

/** How the suite gets at a log. */
export interface EventLogHarness {
  /** A log on the same storage each time, so that a second one sees what the first one left. */
  open(): Promise<EventLog>;
  /** Frees the storage. All logs have been closed by then. */
  dispose?(): Promise<void>;
}

export interface EventLogCapabilities {
  /** `startOffsets` moves up to the offsets given to `deleteBefore`; else it may stay below (whole segments, or never). */
  readonly deletesExactly: boolean;
  /** Two logs on the same storage may be open at once and share consumer groups. */
  readonly sharedStorage: boolean;
  /** The longest that joining, leaving and handing over partitions may take. */
  readonly rebalanceMs: number;
}

export interface LogUnderTest {
  readonly log: () => EventLog;
  reopen(): Promise<EventLog>;
  /** Another log on the same storage; null where only one may be open. */
  another(): Promise<EventLog | null>;
  topic(partitions: number): Promise<string>;
  readonly capabilities: EventLogCapabilities;
}

export const text = (bytes: Uint8Array | null | undefined) =>
  bytes ? Buffer.from(bytes).toString('utf8') : bytes;

/** A record with nothing but a value. */
export const record = (partition: number, value: string): NewRecord => ({ partition, key: null, value });

export const noStart = async () => 0;

/** Reads a partition to its end. */
export async function readAll(
  log: EventLog,
  topic: string,
  partition: number,
  from = 0,
): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (let next = from; ;) {
    const records = await log.read(topic, partition, next);
    const last = records[records.length - 1];
    if (last === undefined) return all;
    all.push(...records);
    next = last.offset + 1;
  }
}

/** Closes consumers whatever the test did. */
export async function withConsumers<T>(
  use: (add: (consumer: LogConsumer) => LogConsumer) => Promise<T>,
): Promise<T> {
  const consumers: LogConsumer[] = [];
  try {
    return await use((consumer) => {
      consumers.push(consumer);
      return consumer;
    });
  } finally {
    for (const consumer of consumers) await consumer.close();
  }
}
