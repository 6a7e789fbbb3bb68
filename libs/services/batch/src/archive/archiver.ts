/**
 * Archives one source: every record of the log, once, in Parquet files that end at each barrier, or at a size. Each record is
 * marked with what the one judge of records says of it, so that a range of the archive counts as the live log did.
 */
import type { ArchiveManifest } from '@tenon/archive';
import { archiveName } from '@tenon/archive';
import type { ArchiveColumnsDocument, ArchiveEnd, ArchivedFile } from '@tenon/contracts';
import {
  GROUPS,
  HEADERS,
  STORE_KEYS,
  TOPICS,
  barrierOf,
  eventsTopic,
  isUnknownVersion,
  judgeRecord,
} from '@tenon/contracts';
import type { Judgement, Offset, Partition, ProductId, SourceDefinition } from '@tenon/domain';
import { hashHex96 } from '@tenon/domain';
import type { ArchiveMark, LogReading, LogRecord } from '@tenon/ports';
import type { PartitionRead, TellRest } from '@tenon/loops';
import { Holes, TopicReader, readFrom } from '@tenon/loops';
import type { BatchDeps } from '../deps';
import { CutContexts } from './cut-contexts';
import { OpenFile } from './open-file';

/** How a record is marked in the archive; `before`: it is there already. */
const MARKS: Readonly<Record<Judgement, ArchiveMark | null>> = {
  event: 'event',
  duplicate: 'duplicate',
  conflict: 'conflict',
  control: 'control',
  barrier: 'control',
  lost: 'lost',
  before: null,
};

export class Archiver {
  /** Of the cuts whose barriers were read here. */
  readonly contexts = new CutContexts();
  private readonly reader: TopicReader<OpenFile>;
  private readonly holes: Holes;
  private total = 0;
  private columns: string | null = null;

  /**
   * @param products that are computed from this source's archive; they may change
   * @param onCut a file that ends at a barrier was committed
   */
  constructor(
    private readonly deps: BatchDeps,
    private readonly source: SourceDefinition,
    private readonly manifest: ArchiveManifest,
    products: Iterable<ProductId>,
    private readonly onCut: () => void,
    alone?: TellRest,
  ) {
    const holes = new Holes(deps, { layer: 'batch', source: source.name, products });
    this.holes = holes;
    this.reader = new TopicReader<OpenFile>(deps, {
      topic: TOPICS.events(source.name),
      group: GROUPS.archive(source.name),
      latency: 'relaxed',
      maxRecords: deps.config.maxFileRecords,
      prepare: () => deps.log.ensureTopic(eventsTopic(source)),
      begin: (partition) => this.begin(partition),
      end: (file) => file.discard(),
      take: (read) => this.take(read),
      // Never across a hole: what the archive has is what there was.
      displaced: ({ judge }, displaced) => holes.found(judge, displaced),
      reads: (_, partition) => holes.over(partition),
      ...(alone && { alone }),
    });
  }

  get done(): Promise<void> {
    return this.reader.done;
  }

  get trouble(): string | null {
    return this.reader.trouble;
  }

  /** Records archived by this instance. */
  get archived(): number {
    return this.total;
  }

  async start(): Promise<void> {
    await this.noteColumns();
    await this.reader.start();
  }

  /** Another product is computed from this archive. */
  joined(product: ProductId): Promise<void> {
    return this.holes.joined(product);
  }

  /** Files name the columns that they have by a hash; here is what it stands for. */
  private async noteColumns(): Promise<void> {
    const columns = this.deps.engine.archiveColumns(this.source);
    this.columns = hashHex96(this.source.name, JSON.stringify(columns));
    const key = STORE_KEYS.archiveColumns(this.source.name, this.columns);
    await this.deps.store.transact(async (tx) => {
      const document: ArchiveColumnsDocument = { v: 1, columns };
      if ((await tx.get('meta', key)) === undefined) tx.put('meta', key, document);
    });
  }

  /** From where the archive ends, less the dedupe window. */
  private async begin(partition: Partition): Promise<{ from: Offset; held: OpenFile }> {
    await this.manifest.look();
    const { epoch, next } = this.manifest.head(partition);
    const at = { epoch, from: next };
    const held = new OpenFile(this.deps.engine, this.source, partition, at);
    const facts = { source: this.source.name, partition, from: at.from };
    this.deps.logger.info(facts, 'batch archives a partition from where the archive ends');
    const ends = await this.deps.log.endOffsets(TOPICS.events(this.source.name));
    return { from: readFrom(held.judge, ends[String(partition)] ?? 0), held };
  }

  private async take(read: readonly PartitionRead<OpenFile>[]): Promise<void> {
    for (const { held, records } of read) for (const record of records) await this.takeRecord(held, record);
    await this.writeLargest();
  }

  private async takeRecord(file: OpenFile, record: LogRecord): Promise<void> {
    const judgement = judgeRecord(file.judge, record, file.place);
    const mark = MARKS[judgement];
    if (mark === null) return;
    file.keep(record, mark);
    if (judgement === 'barrier') {
      await this.endEpoch(file, record);
      return;
    }
    const { maxFileRecords, addRecords } = this.deps.config;
    if (file.records >= maxFileRecords) await this.write(file, 'm');
    else if (file.waiting >= addRecords) await file.add();
  }

  private async endEpoch(file: OpenFile, record: LogRecord): Promise<void> {
    const { epoch } = file.judge.cursor;
    if (this.deps.tracer?.enabled) this.contexts.note(epoch, record.header(HEADERS.traceparent));
    const barrier = barrierOf(record);
    const full = barrier !== null && !isUnknownVersion(barrier) && barrier.full === true;
    await this.write(file, full ? 'f' : 'b');
    this.onCut();
  }

  /** Keeps what is held in memory below its bound by writing the largest first. */
  private async writeLargest(): Promise<void> {
    const held = [...this.reader.held.values()].sort((a, b) => b.bytes - a.bytes);
    let bytes = held.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of held) {
      if (bytes <= this.deps.config.maxHeldBytes) return;
      bytes -= file.bytes;
      await this.write(file, 'm');
    }
  }

  /**
   * The file is in the lake before the manifest names it, and until then it does not exist for anyone: after a crash its
   * records are read from the log again.
   */
  private async write(file: OpenFile, end: ArchiveEnd): Promise<void> {
    const { records, from, partition, judge } = file;
    if (records === 0) return;
    const { lake, logger } = this.deps;
    const place = { from, to: judge.next, epoch: judge.cursor.epoch, end };
    const staged = await lake.stage();
    await file.finish(staged);
    const entry: ArchivedFile = { ...place, ...(await lake.print(staged)), columns: this.columns };
    const name = archiveName(this.source.name, { ...entry, partition });
    await lake.commit(staged, name);
    if ((await this.manifest.append(partition, entry)) === 'held') {
      logger.info({ name, records }, 'another instance has archived these records');
      return;
    }
    logger.debug({ name, records }, 'archived');
    this.total += records;
  }

  reading(): LogReading {
    return this.reader.reading(({ judge }) => judge.next);
  }

  /** Records in memory that are not archived yet. */
  held(): number {
    return [...this.reader.held.values()].reduce((sum, file) => sum + file.records, 0);
  }

  status(): Record<string, unknown> {
    const partitions = Array.from({ length: this.source.partitions }, (_, partition) => partition);
    const archived = partitions.map((partition) => [partition, this.manifest.head(partition).next]);
    return { source: this.source.name, archived: Object.fromEntries(archived), held: this.held() };
  }

  stop(): Promise<void> {
    return this.reader.stop();
  }
}
