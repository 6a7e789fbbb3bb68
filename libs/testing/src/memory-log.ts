/** A log in memory, whose one reader of a topic has all partitions until the test takes some away. */
import type {
  ConsumeOptions,
  Displaced,
  EventLog,
  LogConsumer,
  LogRecord,
  NewRecord,
  Polled,
  PollOptions,
} from '@tenon/ports';

/** What a record looks like once it stands in a log. */
export function storedRecord(record: NewRecord, offset: number): LogRecord {
  const headers = { ...record.headers };
  return {
    offset,
    timestamp: record.timestamp ?? 0,
    key: record.key === null ? null : Buffer.from(record.key),
    value: Buffer.from(record.value),
    header: (name) => headers[name],
    headerBytes: (name) => (headers[name] === undefined ? undefined : Buffer.from(headers[name])),
    headers: () => headers,
  };
}

export class MemoryLog implements EventLog {
  readonly topics = new Map<string, LogRecord[][]>();
  /** Of topics that somebody has deleted and made anew. */
  readonly ids = new Map<string, string>();
  /** Topic → where each partition starts; what stands below has been deleted. */
  private readonly starts = new Map<string, Map<number, number>>();
  /** Topic → its latest reader. */
  readonly readers = new Map<string, MemoryConsumer>();
  /** Throw from here, or wait, to make an append fail, or slow. */
  beforeAppend: (topic: string, records: readonly NewRecord[]) => void | Promise<void> = () => undefined;

  async hasTopic(name: string): Promise<boolean> {
    return this.topics.has(name);
  }

  async topicId(name: string): Promise<string | null> {
    return this.topics.has(name) ? (this.ids.get(name) ?? 'first') : null;
  }

  async ensureTopic({ name, partitions }: { name: string; partitions: number }): Promise<void> {
    const fresh = () => Array.from({ length: partitions }, () => []);
    if (!this.topics.has(name)) this.topics.set(name, fresh());
  }

  async append(topic: string, records: readonly NewRecord[]): Promise<number[]> {
    await this.beforeAppend(topic, records);
    const offsets = records.map((record) => {
      const partition = this.partition(topic, record.partition);
      return partition.push(storedRecord(record, partition.length)) - 1;
    });
    this.readers.get(topic)?.wake();
    return offsets;
  }

  async startOffsets(topic: string): Promise<Record<string, number>> {
    return this.offsets(topic, (_, partition) => this.startOf(topic, partition));
  }

  async endOffsets(topic: string): Promise<Record<string, number>> {
    return this.offsets(topic, (records) => records.length);
  }

  async read(topic: string, partition: number, from: number): Promise<readonly LogRecord[]> {
    return this.partition(topic, partition).slice(Math.max(from, this.startOf(topic, partition)));
  }

  private startOf(topic: string, partition: number): number {
    return this.starts.get(topic)?.get(partition) ?? 0;
  }

  async consume(options: ConsumeOptions): Promise<LogConsumer> {
    const reader = new MemoryConsumer(this.topics.get(options.topic) ?? [], options, (partition) =>
      this.startOf(options.topic, partition),
    );
    this.readers.set(options.topic, reader);
    return reader;
  }

  /** Services' hints are of no matter here. */
  deleteBefore = async (): Promise<void> => undefined;

  /** Somebody deletes records at the log's start. */
  lose(topic: string, partition: number, before: number): void {
    const starts = this.starts.get(topic) ?? new Map<number, number>();
    this.starts.set(topic, starts.set(partition, before));
    this.readers.get(topic)?.wake();
  }

  close = async (): Promise<void> => undefined;

  partition(topic: string, partition: number): LogRecord[] {
    const records = this.topics.get(topic)?.[partition];
    if (records === undefined) throw new Error(`no partition ${partition} of ${topic}`);
    return records;
  }

  /** All partitions' records, the first one's first. */
  all(topic: string): LogRecord[] {
    return (this.topics.get(topic) ?? []).flat();
  }

  /** Resolves once the reader of a topic has dealt with all that is there. */
  idle(topic: string): Promise<void> {
    const reader = this.readers.get(topic);
    if (reader === undefined) throw new Error(`nobody reads ${topic}`);
    return reader.idle();
  }

  private offsets(
    topic: string,
    of: (records: LogRecord[], partition: number) => number,
  ): Record<string, number> {
    const partitions = this.topics.get(topic) ?? [];
    return Object.fromEntries(partitions.map((records, index) => [String(index), of(records, index)]));
  }
}

export class MemoryConsumer implements LogConsumer {
  private readonly at = new Map<number, number>();
  private assigned: number[];
  private revoked: number[] = [];
  private readonly standing = new Set<number>();
  /** A poll that waits. */
  private waiting: (() => void) | null = null;
  closed = false;
  private onIdle: (() => void)[] = [];

  constructor(
    private readonly partitions: readonly LogRecord[][],
    private readonly options: ConsumeOptions,
    private readonly startOf: (partition: number) => number,
  ) {
    this.assigned = [...partitions.keys()];
  }

  async poll({ maxRecords = Infinity, signal }: PollOptions): Promise<Polled> {
    for (;;) {
      const { assigned, revoked } = this;
      this.assigned = [];
      this.revoked = [];
      for (const partition of revoked) this.at.delete(partition);
      for (const partition of assigned) this.seek(partition, await this.options.startAt(partition));
      const displaced = this.displaced();
      const read = this.take(maxRecords);
      const news = read.length + assigned.length + revoked.length + displaced.length > 0;
      if (news || signal?.aborted === true)
        return { assigned, revoked, read, ...(displaced.length > 0 && { displaced }) };
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
        for (const idle of this.onIdle.splice(0)) idle();
      });
    }
  }

  private displaced(): Displaced[] {
    return [...this.at].flatMap(([partition, wanted]) => {
      const [start, end] = [this.startOf(partition), this.partitions[partition]?.length ?? 0];
      if (this.standing.has(partition) || (wanted >= start && wanted <= end)) return [];
      this.standing.add(partition);
      return [{ partition, wanted, start, end }];
    });
  }

  private take(maxRecords: number): { partition: number; records: LogRecord[] }[] {
    let left = maxRecords;
    return [...this.at].flatMap(([partition, next]) => {
      if (this.standing.has(partition)) return [];
      const records = this.partitions[partition]?.slice(next, next + left) ?? [];
      left -= records.length;
      this.at.set(partition, next + records.length);
      return records.length === 0 ? [] : [{ partition, records }];
    });
  }

  wake(): void {
    this.waiting?.();
    this.waiting = null;
  }

  seek(partition: number, offset: number): void {
    this.standing.delete(partition);
    this.at.set(partition, offset);
  }

  /** Another reader has it by now. */
  revoke(partition: number): void {
    this.revoked.push(partition);
    this.wake();
  }

  /** The partition comes, or comes back. */
  assign(partition: number): void {
    this.assigned.push(partition);
    this.wake();
  }

  idle(): Promise<void> {
    return this.waiting === null ? new Promise((resolve) => this.onIdle.push(resolve)) : Promise.resolve();
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
