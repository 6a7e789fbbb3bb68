/** A log in memory that can fail. */
import type { CutRecord } from '@tenon/contracts';
import type { EventLog, LogRecord, NewRecord } from '@tenon/ports';

/** 2024-01-01T00:00:00Z */
export const NOW = 1_704_067_200_000;

export class MemoryLog implements EventLog {
  readonly topics = new Map<string, LogRecord[][]>();
  /** Throw from here to make an append fail. */
  beforeAppend: (topic: string, records: readonly NewRecord[]) => void | Promise<void> = () => undefined;

  async ensureTopic({ name, partitions }: { name: string; partitions: number }): Promise<void> {
    if (!this.topics.has(name))
      this.topics.set(
        name,
        Array.from({ length: partitions }, () => []),
      );
  }

  hasTopic = async (name: string): Promise<boolean> => this.topics.has(name);
  topicId = async (name: string): Promise<string | null> => (this.topics.has(name) ? name : null);

  async append(topic: string, records: readonly NewRecord[]): Promise<number[]> {
    await this.beforeAppend(topic, records);
    return records.map((record) => {
      const partition = this.partition(topic, record.partition);
      partition.push(stored(record, partition.length));
      return partition.length - 1;
    });
  }

  async startOffsets(topic: string): Promise<Record<string, number>> {
    return this.offsets(topic, () => 0);
  }

  async endOffsets(topic: string): Promise<Record<string, number>> {
    return this.offsets(topic, (records) => records.length);
  }

  async read(topic: string, partition: number, from: number): Promise<readonly LogRecord[]> {
    return this.partition(topic, partition).slice(from, from + 7);
  }

  consume = (): Promise<never> => Promise.reject(new Error('not here'));
  deleteBefore = async (): Promise<void> => undefined;
  close = async (): Promise<void> => undefined;

  partition(topic: string, partition: number): LogRecord[] {
    const records = this.topics.get(topic)?.[partition];
    if (records === undefined) throw new Error(`no partition ${partition} of ${topic}`);
    return records;
  }

  all(topic: string): LogRecord[] {
    return (this.topics.get(topic) ?? []).flat();
  }

  private offsets(topic: string, of: (records: LogRecord[]) => number): Record<string, number> {
    return Object.fromEntries(
      (this.topics.get(topic) ?? []).map((records, index) => [String(index), of(records)]),
    );
  }
}

function stored(record: NewRecord, offset: number): LogRecord {
  const headers = { ...record.headers };
  return {
    offset,
    timestamp: record.timestamp ?? NOW,
    key: record.key === null ? null : Buffer.from(record.key),
    value: Buffer.from(record.value),
    header: (name) => headers[name],
    headerBytes: (name) => (headers[name] === undefined ? undefined : Buffer.from(headers[name])),
    headers: () => headers,
  };
}

export const cutRecords = (log: MemoryLog): CutRecord[] =>
  log.all('tenon.cuts').map((record) => JSON.parse(Buffer.from(record.value).toString()) as CutRecord);
