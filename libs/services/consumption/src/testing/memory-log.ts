/** A log in memory, with groups whose members hand partitions over when they poll. */
import type {
  Clock,
  ConsumeOptions,
  EventLog,
  LogConsumer,
  LogRecord,
  NewRecord,
  PartitionRecords,
  PollOptions,
  Polled,
} from '@tenon/ports';

export class MemoryLog implements EventLog {
  private readonly topics = new Map<string, LogRecord[][]>();
  private readonly groups = new Map<string, MemoryConsumer[]>();
  private waiting: (() => void)[] = [];
  /** What `deleteBefore` was told, in order. */
  readonly released: { readonly topic: string; readonly offsets: Readonly<Record<string, number>> }[] = [];
  /** Throw from here to make the log be away. */
  beforeRead: () => void = () => undefined;

  constructor(private readonly clock: Clock) {}

  async ensureTopic({ name, partitions }: { name: string; partitions: number }): Promise<void> {
    if (!this.topics.has(name))
      this.topics.set(
        name,
        Array.from({ length: partitions }, () => []),
      );
  }

  async hasTopic(name: string): Promise<boolean> {
    return this.topics.has(name);
  }

  async topicId(name: string): Promise<string | null> {
    return this.topics.has(name) ? name : null;
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<number[]> {
    const offsets = records.map((record) => {
      const partition = this.partition(topic, record.partition);
      partition.push(stored(record, partition.length, this.clock.now()));
      return partition.length - 1;
    });
    this.wake();
    return offsets;
  }

  startOffsets = async (topic: string) => this.offsets(topic, () => 0);

  async endOffsets(topic: string): Promise<Record<string, number>> {
    this.beforeRead();
    return this.offsets(topic, (records) => records.length);
  }

  read = async (topic: string, partition: number, from: number) =>
    this.partition(topic, partition).slice(from);

  async consume(options: ConsumeOptions): Promise<LogConsumer> {
    const key = `${options.topic} ${options.group}`;
    const members = this.groups.get(key) ?? [];
    this.groups.set(key, members);
    const consumer = new MemoryConsumer(this, this.clock, members, options);
    members.push(consumer);
    this.wake();
    return consumer;
  }

  async deleteBefore(topic: string, offsets: Readonly<Record<string, number>>): Promise<void> {
    this.released.push({ topic, offsets });
  }

  close = async (): Promise<void> => undefined;

  partitions(topic: string): LogRecord[][] {
    return this.topics.get(topic) ?? [];
  }

  partition(topic: string, partition: number): LogRecord[] {
    const records = this.topics.get(topic)?.[partition];
    if (records === undefined) throw new Error(`no partition ${partition} of ${topic}`);
    return records;
  }

  /** Resolves with the next append, or change of a group. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private offsets(topic: string, of: (records: LogRecord[]) => number): Record<string, number> {
    return Object.fromEntries(this.partitions(topic).map((records, index) => [String(index), of(records)]));
  }
}

class MemoryConsumer implements LogConsumer {
  private readonly next = new Map<number, number>();

  constructor(
    private readonly log: MemoryLog,
    private readonly clock: Clock,
    private readonly members: MemoryConsumer[],
    private readonly options: ConsumeOptions,
  ) {}

  async poll({ maxWaitMs, maxRecords = Infinity, signal }: PollOptions): Promise<Polled> {
    const over = new AbortController();
    signal?.addEventListener('abort', () => over.abort());
    let patient = true;
    void this.clock.sleep(maxWaitMs, over.signal).then(() => {
      patient = false;
      this.log.wake();
    });
    for (;;) {
      const changed = this.log.changed();
      const { assigned, revoked } = await this.rebalance();
      const read = this.take(maxRecords);
      if (assigned.length + revoked.length + read.length > 0 || !patient) {
        over.abort();
        return { assigned, revoked, read };
      }
      await changed;
    }
  }

  private async rebalance(): Promise<{ assigned: number[]; revoked: number[] }> {
    const { topic, startAt } = this.options;
    const share = this.log
      .partitions(topic)
      .map((_, partition) => partition)
      .filter((partition) => this.members[partition % this.members.length] === this);
    const revoked = [...this.next.keys()].filter((partition) => !share.includes(partition));
    for (const partition of revoked) this.next.delete(partition);
    if (revoked.length > 0) this.log.wake();
    const assigned = share.filter((partition) => !this.members.some((member) => member.next.has(partition)));
    for (const partition of assigned) this.next.set(partition, await startAt(partition));
    return { assigned, revoked };
  }

  private take(maxRecords: number): PartitionRecords[] {
    return [...this.next].flatMap(([partition, from]) => {
      const records = this.log.partition(this.options.topic, partition).slice(from, from + maxRecords);
      this.next.set(partition, from + records.length);
      return records.length === 0 ? [] : [{ partition, records }];
    });
  }

  seek(partition: number, offset: number): void {
    this.next.set(partition, offset);
  }

  async close(): Promise<void> {
    this.next.clear();
    const index = this.members.indexOf(this);
    if (index >= 0) this.members.splice(index, 1);
    this.log.wake();
  }
}

function stored(record: NewRecord, offset: number, now: number): LogRecord {
  const headers = { ...record.headers };
  return {
    offset,
    timestamp: record.timestamp ?? now,
    key: record.key === null ? null : Buffer.from(record.key),
    value: Buffer.from(record.value),
    header: (name) => headers[name],
    headerBytes: (name) => (headers[name] === undefined ? undefined : Buffer.from(headers[name])),
    headers: () => headers,
  };
}
