/**
 * One log of two tiers: what the log itself has let go is read from where its older part is kept, at the same offsets. Readers
 * of a group notice nothing of it; where neither tier has a record they are told, as by any log.
 */
import type {
  AppendOptions,
  ConsumeOptions,
  EventLog,
  LogConsumer,
  LogRecord,
  Logger,
  NewRecord,
  OlderTier,
  ReadOptions,
  TopicSpec,
} from '@tenon/ports';
import type { Offset, Offsets, Partition } from '@tenon/domain';
import { OlderReads } from './older-reads';
import { TieredConsumer } from './tiered-consumer';

/** @param log the newer tier: all that is appended goes there */
export function createTieredLog(log: EventLog, older: OlderTier, logger: Logger): EventLog {
  return new TieredLog(log, older, logger);
}

class TieredLog implements EventLog {
  private readonly olderReads: OlderReads;

  constructor(
    private readonly log: EventLog,
    private readonly older: OlderTier,
    private readonly logger: Logger,
  ) {
    this.olderReads = new OlderReads(older, logger);
  }

  async consume(options: ConsumeOptions): Promise<LogConsumer> {
    const consumer = await this.log.consume(options);
    return new TieredConsumer(consumer, options.topic, this.older, this.logger);
  }

  ensureTopic(spec: TopicSpec): Promise<void> {
    return this.log.ensureTopic(spec);
  }

  hasTopic(name: string): Promise<boolean> {
    return this.log.hasTopic(name);
  }

  topicId(name: string): Promise<string | null> {
    return this.log.topicId(name);
  }

  append(topic: string, records: readonly NewRecord[], options?: AppendOptions): Promise<Offset[]> {
    return this.log.append(topic, records, options);
  }

  /** Of the newer tier. */
  startOffsets(topic: string): Promise<Record<string, Offset>> {
    return this.log.startOffsets(topic);
  }

  endOffsets(topic: string): Promise<Record<string, Offset>> {
    return this.log.endOffsets(topic);
  }

  endOffsetsNow(topic: string): Readonly<Record<string, Offset>> | undefined {
    return this.log.endOffsetsNow?.(topic);
  }

  /** Of both tiers. Where neither has a record, the next one that the log has: no reader of the tiers sees more of a gap. */
  async read(
    topic: string,
    partition: Partition,
    from: Offset,
    options?: ReadOptions,
  ): Promise<readonly LogRecord[]> {
    const records = await this.log.read(topic, partition, from, options);
    if (records[0]?.offset === from) return records;
    const start = (await this.log.startOffsets(topic))[String(partition)] ?? 0;
    if (from >= start) return records;
    const older = await this.olderReads.read(topic, partition, from, options?.maxRecords ?? Infinity);
    if (older.records.length > 0) return older.records;
    // Up to where the older tier ends there is nothing.
    return older.next === from ? records : this.log.read(topic, partition, older.next, options);
  }

  deleteBefore(topic: string, offsets: Offsets): Promise<void> {
    return this.log.deleteBefore(topic, offsets);
  }

  async close(): Promise<void> {
    await this.olderReads.close();
    await this.log.close();
  }
}
