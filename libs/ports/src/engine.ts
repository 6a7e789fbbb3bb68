/** The one engine of both layers: it plans a product's SQL and runs the same plan over any range of the log. */
import type {
  LedgerCounts,
  Offset,
  Partition,
  Plan,
  ProductDefinition,
  SourceDefinition,
  State,
  Value,
} from '@tenon/domain';
import type { LogRecord } from './event-log';

/** The states that a range of events gives one cell. */
export interface PartialCell {
  readonly key: readonly Value[];
  readonly states: State[];
}

/** A record that cannot be taken, with the reason; it is dead-lettered and the range goes on without it. */
export interface Refused {
  readonly partition: Partition;
  readonly offset: Offset;
  readonly code: string;
  readonly detail: string;
}

/** What a plan makes of one partition's part of a micro-batch. */
export interface PartialPartition {
  readonly partition: Partition;
  readonly cells: readonly PartialCell[];
  /** Of the events given (duplicates and control records are the caller's to count, so 0 here). */
  readonly ledger: LedgerCounts;
}

export interface Aggregated {
  readonly partitions: readonly PartialPartition[];
  /** Records that this product's SQL could not take. Counted in `deadLettered`. */
  readonly refused: readonly Refused[];
}

/** An event of the log as the engine takes it: its place and the record. */
export interface EngineEvent {
  readonly partition: Partition;
  readonly record: LogRecord;
}

/** How much one call may take; absent: as much as it likes. */
export interface EngineBudget {
  /** Cells that may be given: one more, and nothing is. */
  readonly mostCells?: number;
  /** Aborts once it has taken too long, with the error that the call then rejects with. */
  readonly signal?: AbortSignal;
}

/** Events of one source as they come, parsed once, to be aggregated by any number of plans. */
export interface MicroBatch {
  /** Records that are no events at all (poison): left out of every aggregate; each product counts them as dead-lettered. */
  readonly poison: readonly Refused[];
  /** @throws TenonError `epoch-too-large` beyond `mostCells` */
  aggregate(plan: Plan, budget?: EngineBudget): Promise<Aggregated>;
  close(): Promise<void>;
}

/** How a record of the archive is marked, so that a range of it gives what the live log gave. */
export type ArchiveMark = 'event' | 'duplicate' | 'conflict' | 'control' | 'lost';

export interface ArchiveRecord extends EngineEvent {
  readonly mark: ArchiveMark;
}

/** A file of the archive in the making. */
export interface ArchiveWriter {
  /** Takes the next records. To add some at a time spreads the work; how they are divided changes nothing in the file. */
  add(records: readonly ArchiveRecord[]): Promise<void>;
  /**
   * Writes all of them as Parquet to a local path (typed columns beside key, value, headers, timestamp, offset and mark), and
   * ends. The file is whole or not at all only once the call resolves.
   */
  finish(path: string): Promise<void>;
  /** Ends without a file. */
  discard(): Promise<void>;
}

/** A range of one partition in the archive: records with `from` <= offset < `to`, to be found in `paths`. */
export interface ArchiveRange {
  readonly partition: Partition;
  readonly from: Offset;
  readonly to: Offset;
  readonly paths: readonly string[];
}

export interface RangeResult {
  readonly cells: AsyncIterable<readonly PartialCell[]>;
  /** Of all records of the ranges, by their marks too: duplicates, conflicts (dead-lettered) and control records. */
  readonly ledger: LedgerCounts;
  readonly refused: readonly Refused[];
  /** Partition → the timestamp of the last record of its ranges. */
  readonly ends: ReadonlyMap<Partition, number>;
}

/** A merged cell on its way to an answer. */
export interface AnswerCell {
  readonly key: readonly Value[];
  readonly states: readonly State[];
}

export interface AnswerRow {
  /** In the order of `plan.columns`. */
  readonly values: readonly Value[];
  /** Columns whose value is approximate although exact was asked, because a bound was passed. */
  readonly approximate: readonly string[];
  /** What cannot be computed for this row, and why: such a column is null. `HAVING`: whether the row belongs here is not known. */
  readonly errors: readonly AnswerError[];
}

export interface AnswerError {
  readonly column: string;
  /** `answer-failed` */
  readonly code: string;
  /** The engine's own words. */
  readonly reason: string;
}

export interface ArchiveAge {
  /** Milliseconds since the epoch. */
  readonly appended: number | null;
  /** Microseconds since the epoch. */
  readonly latest: number | null;
}

/** What a catalog has beside the source that a product is planned on. */
export interface Beside {
  /** The other sources. */
  readonly sources: readonly string[];
  /** The SQL names no source that there is, so the one that is given is only the first. */
  readonly guessed?: boolean;
}

export interface Engine {
  /**
   * @param beside what else there is, so that a refusal can name it
   * @throws PlanRefused with every problem: position, reason, way out.
   */
  plan(source: SourceDefinition, product: ProductDefinition, beside?: Beside): Promise<Plan>;
  /** Parses events (no control records, no duplicates) of one source for aggregation. */
  open(source: SourceDefinition, plans: readonly Plan[], events: readonly EngineEvent[]): Promise<MicroBatch>;
  /** The columns of the source that a file of the archive gets now, with the SQL types in which the engine names them. */
  archiveColumns(source: SourceDefinition): readonly { readonly name: string; readonly type: string }[];
  /**
   * Writes one file with the records of several, in their order.
   *
   * @param mark makes the file another one than any before, although it may hold the same
   * @returns false where the files do not have the same columns: nothing was written
   */
  joinArchive(paths: readonly string[], to: string, mark: string): Promise<boolean>;
  /** How young the records of a file are: when the last one was appended, and the latest event time; null: it has none. */
  archiveAge(path: string): Promise<ArchiveAge>;
  /** Begins a file of the archive. */
  openArchive(source: SourceDefinition): ArchiveWriter;
  /** The records of a range of the archive as they were, in order, in parts of bounded size. */
  readArchive(range: ArchiveRange): AsyncIterable<readonly LogRecord[]>;
  /** The states of a range of the archive, over all partitions together. */
  aggregateArchive(
    source: SourceDefinition,
    plan: Plan,
    ranges: readonly ArchiveRange[],
    budget?: Pick<EngineBudget, 'signal'>,
  ): Promise<RangeResult>;
  /** One row per cell, or null where HAVING drops it. */
  finalize(plan: Plan, cells: readonly AnswerCell[]): Promise<(AnswerRow | null)[]>;
  /** What runs ends with an error that is passing, and nothing begins any more: the process is about to end. */
  interrupt(): void;
  close(): Promise<void>;
}
