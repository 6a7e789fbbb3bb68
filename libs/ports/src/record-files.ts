/** Records in files that any tool can read (Parquet). */
import type { Offset, Partition } from '@tenon/domain';
import type { RawRecord } from './raw-topics';

/** What shall become of records on their way into a file, in the engine's SQL, over the file's columns (docs/dump.md). */
export interface RecordSql {
  /** Only records of which this is true. */
  readonly where?: string;
  /** `key`, `value` or `headers` → what it is replaced by. */
  readonly replace?: Readonly<Record<string, string>>;
}

/** A file in the making. */
export interface RecordFileWriter {
  add(partition: Partition, records: readonly RawRecord[]): Promise<void>;
  /** Writes the file. */
  finish(path: string): Promise<void>;
  discard(): Promise<void>;
}

/** Offsets [from, to) of a partition, which now are those of another from `newFrom` on. */
export interface OffsetRun {
  readonly partition: Partition;
  readonly from: Offset;
  readonly to: Offset;
  readonly newPartition: Partition;
  readonly newFrom: Offset;
}

/** A file of runs in the making; it is in the order of partitions and offsets, however they come. */
export interface RunFileWriter {
  add(runs: readonly OffsetRun[]): Promise<void>;
  finish(path: string): Promise<void>;
}

export interface RecordFiles {
  /** @throws TenonError `bad-sql` */
  check(sql: RecordSql): Promise<void>;
  writer(sql?: RecordSql): Promise<RecordFileWriter>;
  /** All records of a file, in the order in which they stand there. @throws TenonError `engine-failed` */
  read(path: string): AsyncIterable<readonly RawRecord[]>;
  runWriter(): Promise<RunFileWriter>;
  close(): Promise<void>;
}
