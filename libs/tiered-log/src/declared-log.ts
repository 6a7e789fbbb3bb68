/**
 * A log whose topics have the partitions that the catalog declares. Somebody may add some to a topic, on Kafka for good: nobody here
 * writes to these, and nobody reads them, so that all services go on alike. Where they hold records they are another matter, which
 * is for people to judge.
 */
import type { Offset, Offsets, Partition } from '@tenon/domain';
import { TopicMismatch } from '@tenon/errors';
import type {
  AppendOptions,
  ConsumeOptions,
  EventLog,
  LogConsumer,
  LogRecord,
  Logger,
  NewRecord,
  ReadOptions,
  TopicSpec,
} from '@tenon/ports';

/** Topics that were ensured are as they were declared; others are as they are. */
export const createDeclaredLog = (log: EventLog, logger: Logger): EventLog => new DeclaredLog(log, logger);

class DeclaredLog implements EventLog {
  /** Topic → how many partitions it is to have. */
  private readonly declared = new Map<string, number>();
  private readonly told = new Set<string>();

  constructor(
    private readonly log: EventLog,
    private readonly logger: Logger,
  ) {}

  async ensureTopic(spec: TopicSpec): Promise<void> {
    try {
      await this.log.ensureTopic(spec);
    } catch (error) {
      if (!(error instanceof TopicMismatch) || error.has < error.wants) throw error;
      const used = await this.usedBeyond(spec);
      if (used.length > 0) throw new TopicMismatch(spec.name, error.has, error.wants, used);
      if (!this.told.has(spec.name))
        this.logger.warn(
          { topic: spec.name, partitions: error.has, declared: error.wants },
          'a topic has more partitions than the catalog says; the first ones are used, and the others are empty',
        );
      this.told.add(spec.name);
    }
    this.declared.set(spec.name, spec.partitions);
  }

  private async usedBeyond({ name, partitions }: TopicSpec): Promise<number[]> {
    const [starts, ends] = await Promise.all([this.log.startOffsets(name), this.log.endOffsets(name)]);
    return Object.keys(ends)
      .map(Number)
      .filter((partition) => partition >= partitions && (ends[partition] ?? 0) > (starts[partition] ?? 0));
  }

  private isOurs(topic: string, partition: Partition): boolean {
    return partition < (this.declared.get(topic) ?? Infinity);
  }

  async consume(options: ConsumeOptions): Promise<LogConsumer> {
    const { topic, startAt } = options;
    const ours = (partition: Partition) => this.isOurs(topic, partition);
    const consumer = await this.log.consume({
      ...options,
      startAt: async (partition) =>
        ours(partition) ? startAt(partition) : ((await this.log.endOffsets(topic))[String(partition)] ?? 0),
    });
    return {
      poll: async (asked) => {
        const { assigned, revoked, read, displaced } = await consumer.poll(asked);
        const others = displaced?.filter((one) => ours(one.partition)) ?? [];
        return {
          ...{ assigned: assigned.filter(ours), revoked: revoked.filter(ours) },
          read: read.filter((one) => ours(one.partition)),
          ...(others.length > 0 && { displaced: others }),
        };
      },
      seek: (partition, offset) => consumer.seek(partition, offset),
      close: () => consumer.close(),
    };
  }

  startOffsets = async (topic: string): Promise<Record<string, Offset>> =>
    this.ofOurs(topic, await this.log.startOffsets(topic));

  endOffsets = async (topic: string): Promise<Record<string, Offset>> =>
    this.ofOurs(topic, await this.log.endOffsets(topic));

  endOffsetsNow(topic: string): Readonly<Record<string, Offset>> | undefined {
    const ends = this.log.endOffsetsNow?.(topic);
    return ends && this.ofOurs(topic, ends);
  }

  private ofOurs<T extends Readonly<Record<string, Offset>>>(
    topic: string,
    offsets: T,
  ): T | Record<string, Offset> {
    const declared = this.declared.get(topic);
    // Nearly always there are no others.
    if (declared === undefined || !(String(declared) in offsets)) return offsets;
    return Object.fromEntries(
      Object.entries(offsets).filter(([partition]) => this.isOurs(topic, Number(partition))),
    );
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
