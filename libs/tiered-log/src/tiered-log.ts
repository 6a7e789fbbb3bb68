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
  OlderRecords,
  ReadOptions,
  TopicSpec,
} from '@tenon/ports';
import type { Offset, Offsets, Partition } from '@tenon/domain';
import { TieredConsumer } from './tiered-consumer';

/** @param log the newer tier: all that is appended goes there */
export function createTieredLog(log: EventLog, older: OlderRecords, logger: Logger): EventLog {
  return new TieredLog(log, older, logger);
}

class TieredLog implements EventLog {
  constructor(
    private readonly log: EventLog,
    private readonly older: OlderRecords,
    private readonly logger: Logger,
  ) {}

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

  /** Of the newer tier. */
  read(
    topic: string,
    partition: Partition,
    from: Offset,
    options?: ReadOptions,
  ): Promise<readonly LogRecord[]> {
    return this.log.read(topic, partition, from, options);
  }

  deleteBefore(topic: string, offsets: Offsets): Promise<void> {
    return this.log.deleteBefore(topic, offsets);
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
