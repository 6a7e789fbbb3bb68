/**
 * Archives one source: every record of the log, once, in Parquet files that end at each barrier, at a size, or when
 * nothing has come for a while. Marks duplicates by the same rule as speed, so that both layers count alike.
 */
import { HEADERS, TOPICS, barrierOf, identityOf, isControl, mustRead, unknownEvent } from '@tenon/contracts';
import type { Offsets, SourceDefinition } from '@tenon/domain';
import { DedupeWindow } from '@tenon/domain';
import type {
  ArchiveRange,
  ArchiveRecord,
  ArchiveWriter,
  Clock,
  Engine,
  EventLog,
  Lake,
  LogConsumer,
  LogReading,
  LogRecord,
  Logger,
  Tracer,
} from '@tenon/ports';
import type { ArchiveFile } from './archive-names';
import { CutContexts } from './spans';
import { archiveName, archivePrefix, contiguous, parseArchiveName, spansOf } from './archive-names';

export interface ArchiverConfig {
  /** Records per file at most. */
  readonly maxFileRecords: number;
  /** Bytes of records that one source may hold in memory before it writes. */
  readonly maxHeldBytes: number;
  /** Records are handed to the engine by so many, which spreads the work that is due at a cut. */
  readonly addRecords: number;
}

export interface ArchiverDeps {
  readonly log: EventLog;
  readonly lake: Lake;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tracer?: Tracer;
  readonly config: ArchiverConfig;
}

/** A cut that every partition has passed. */
export interface CompleteCut {
  readonly epoch: number;
  readonly offsets: Offsets;
  /** Partition → the epoch that begins at the cut; later than `epoch` where barriers skipped numbers. */
  readonly epochs: Readonly<Record<string, number>>;
  readonly full: boolean;
  /** The traceparent of the cut's span, where its barrier was read here. */
  readonly trace?: string | undefined;
}

interface OpenFile {
  readonly dedupe: DedupeWindow;
  epoch: number;
  /** The first offset that is not archived. */
  from: number;
  next: number;
  /** Read, and not handed to the engine. */
  waiting: ArchiveRecord[];
  /** How many the engine has. */
  added: number;
  writer: ArchiveWriter | null;
  bytes: number;
  files: ArchiveFile[];
}

const heldBy = ({ waiting, added }: OpenFile) => waiting.length + added;

const groupOf = (source: SourceDefinition) => `tenon-batch-${source.name}`;

export class Archiver {
  private readonly open = new Map<number, OpenFile>();
  private consumer!: LogConsumer;
  private files = new Map<number, ArchiveFile[]>();
  private readonly contexts = new CutContexts();
  archived = 0;

  constructor(
    private readonly deps: ArchiverDeps,
    private readonly source: SourceDefinition,
  ) {}

  async start(): Promise<void> {
    await this.deps.log.ensureTopic({
      name: TOPICS.events(this.source.name),
      partitions: this.source.partitions,
    });
    this.consumer = await this.deps.log.consume({
      topic: TOPICS.events(this.source.name),
      group: groupOf(this.source),
      latency: 'relaxed',
      startAt: (partition) => this.assign(partition),
    });
  }

  private async assign(partition: number): Promise<number> {
    await this.refresh();
    const files = this.files.get(partition) ?? [];
    const last = files.at(-1);
    const from = last?.to ?? 0;
    await this.close(partition);
    this.open.set(partition, {
      dedupe: new DedupeWindow(this.source.dedupe.window),
      epoch: last?.epoch ?? 0,
      from,
      next: from,
      waiting: [],
      added: 0,
      writer: null,
      bytes: 0,
      files,
    });
    this.deps.logger.info(
      { source: this.source.name, partition, from },
      'batch archives a partition from where the archive ends',
    );
    return Math.max(0, from - this.source.dedupe.window);
  }

  /** Reads the listing: other instances archive other partitions. */
  async refresh(): Promise<void> {
    const files = (await this.deps.lake.list(archivePrefix(this.source.name))).flatMap(
      (file) => parseArchiveName(file) ?? [],
    );
    this.files = new Map(
      Array.from({ length: this.source.partitions }, (_, partition) => [
        partition,
        contiguous(files.filter((file) => file.partition === partition)),
      ]),
    );
  }

  /** Reads on and archives what is due. @returns true if a file that ends at a barrier was written. */
  async step(maxWaitMs: number, signal: AbortSignal): Promise<boolean> {
    const polled = await this.consumer.poll({
      maxRecords: this.deps.config.maxFileRecords,
      maxWaitMs,
      signal,
    });
    for (const partition of polled.revoked)
      if (!polled.assigned.includes(partition)) await this.close(partition);
    let cut = false;
    for (const { partition, records } of polled.batches) {
      const file = this.open.get(partition);
      if (file === undefined) continue;
      for (const record of records) if (await this.take(partition, file, record)) cut = true;
    }
    await this.writeLargest();
    return cut;
  }

  private async take(partition: number, file: OpenFile, record: LogRecord): Promise<boolean> {
    const { offset } = record;
    const mark = this.markOf(partition, file, record);
    if (offset < file.next) return false;
    const barrier = mark === 'control' ? this.mustRead(partition, record, barrierOf(record)) : null;
    file.next = offset + 1;
    file.waiting.push({ partition, record, mark });
    file.bytes += record.value.byteLength + 200;
    if (barrier !== null && barrier.epoch > file.epoch) {
      file.epoch = barrier.epoch;
      if (this.deps.tracer?.enabled) this.contexts.note(barrier.epoch, record.header(HEADERS.traceparent));
      await this.write(partition, file, barrier.full === true ? 'f' : 'b');
      return true;
    }
    const { maxFileRecords, addRecords } = this.deps.config;
    if (heldBy(file) >= maxFileRecords) await this.write(partition, file, 'm');
    else if (file.waiting.length >= addRecords) await this.add(file);
    return false;
  }

  private async add(file: OpenFile): Promise<void> {
    const { waiting } = file;
    file.waiting = [];
    file.added += waiting.length;
    file.writer ??= this.deps.engine.openArchive(this.source);
    await file.writer.add(waiting);
  }

  /** The partition is another instance's, or to be read anew. */
  private async close(partition: number): Promise<void> {
    const file = this.open.get(partition);
    this.open.delete(partition);
    await file?.writer?.discard();
  }

  /** @throws UnsupportedVersion */
  private markOf(partition: number, file: OpenFile, record: LogRecord): ArchiveRecord['mark'] {
    const identity = identityOf(record);
    if (identity === undefined) {
      if (isControl(record)) return 'control';
      this.mustRead(partition, record, unknownEvent(record));
      return 'event';
    }
    const verdict = file.dedupe.check(record.offset, identity);
    return verdict === 'new' ? 'event' : verdict;
  }

  private mustRead<T>(partition: number, { offset }: LogRecord, read: T) {
    return mustRead(read, () => `${this.source.name}, partition ${partition}, offset ${offset}`);
  }

  /** Keeps what is held in memory below its bound by writing the largest first. */
  private async writeLargest(): Promise<void> {
    const held = [...this.open].sort(([, a], [, b]) => b.bytes - a.bytes);
    let bytes = held.reduce((sum, [, file]) => sum + file.bytes, 0);
    for (const [partition, file] of held) {
      if (bytes <= this.deps.config.maxHeldBytes) return;
      bytes -= file.bytes;
      await this.write(partition, file, 'm');
    }
  }

  /** Until it is committed, the file does not exist for anyone; after a crash its records are read from the log again. */
  private async write(partition: number, file: OpenFile, end: ArchiveFile['end']): Promise<void> {
    const records = heldBy(file);
    if (records === 0) return;
    const { lake, logger } = this.deps;
    const described = { partition, from: file.from, to: file.next, epoch: file.epoch, end };
    const name = archiveName(this.source.name, described);
    await this.add(file);
    const staged = await lake.stage();
    await file.writer?.finish(staged);
    await lake.commit(staged, name);
    logger.debug({ name, records }, 'archived');
    this.archived += records;
    file.files = [...file.files, { name, ...described }];
    this.files.set(partition, file.files);
    file.from = file.next;
    file.added = 0;
    file.writer = null;
    file.bytes = 0;
  }

  /** The latest cut that every partition's archive has passed, or null before the first. */
  async latestCut(after: number): Promise<CompleteCut | null> {
    await this.refresh();
    const reached = [...this.files.values()].map(
      (files) => files.findLast((file) => file.end !== 'm')?.epoch ?? 0,
    );
    const epoch = Math.min(...reached);
    if (epoch <= 0) return null;
    const passed = this.cutAt(epoch);
    const full = [...this.files.values()].some((files) =>
      files.some((file) => file.end === 'f' && file.epoch > after && file.epoch <= epoch),
    );
    return { ...passed, epoch, full, trace: this.contexts.of(epoch) };
  }

  private cutAt(epoch: number): { offsets: Record<string, number>; epochs: Record<string, number> } {
    const offsets: Record<string, number> = {};
    const epochs: Record<string, number> = {};
    for (const [partition, files] of this.files) {
      const file = files.find((one) => one.end !== 'm' && one.epoch >= epoch);
      offsets[partition] = file?.to ?? 0;
      epochs[partition] = file?.epoch ?? 0;
    }
    return { offsets, epochs };
  }

  /** Where the records between two cuts are. */
  async ranges(from: Offsets, to: Offsets): Promise<ArchiveRange[]> {
    const ranges: ArchiveRange[] = [];
    for (const [partition, files] of this.files)
      for (const { names, ...span } of spansOf(files, from[partition] ?? 0, to[partition] ?? 0)) {
        const paths: string[] = [];
        for (const name of names) paths.push(await this.deps.lake.path(name));
        ranges.push({ partition, ...span, paths });
      }
    return ranges;
  }

  reading(): LogReading {
    return {
      topic: TOPICS.events(this.source.name),
      group: groupOf(this.source),
      next: Object.fromEntries([...this.open].map(([partition, { next }]) => [String(partition), next])),
    };
  }

  /** Records in memory that are not archived yet. */
  held(): number {
    return [...this.open.values()].reduce((sum, file) => sum + heldBy(file), 0);
  }

  status(): Record<string, unknown> {
    return {
      source: this.source.name,
      archived: Object.fromEntries(
        [...this.files].map(([partition, files]) => [partition, files.at(-1)?.to ?? 0]),
      ),
      held: this.held(),
    };
  }

  async stop(): Promise<void> {
    await this.consumer.close();
    for (const partition of [...this.open.keys()]) await this.close(partition);
  }
}
