/** The file of the archive that a partition's records go into next. */
import type { Epoch, Offset, Partition, SourceDefinition } from '@tenon/domain';
import { PartitionJudge } from '@tenon/domain';
import type { ArchiveMark, ArchiveRecord, ArchiveWriter, Engine, LogRecord } from '@tenon/ports';

/** What a record costs in memory beside its value, bytes. */
const RECORD_BYTES = 200;

export class OpenFile {
  readonly judge: PartitionJudge;
  /** The partition's name in errors. */
  readonly place: string;
  /** The first offset that is not archived. */
  private begins: Offset;
  /** Read, and not handed to the engine. */
  private kept: ArchiveRecord[] = [];
  /** How many the engine has. */
  private added = 0;
  private held = 0;
  private writer: ArchiveWriter | null = null;

  /** @param at where the archive ends, and the epoch that the record there belongs to */
  constructor(
    private readonly engine: Engine,
    private readonly source: SourceDefinition,
    readonly partition: Partition,
    at: { readonly epoch: Epoch; readonly from: Offset },
  ) {
    this.begins = at.from;
    // Where the epoch began does not matter here: only barriers that end it do.
    this.judge = new PartitionJudge({ epoch: at.epoch, start: at.from }, at.from, source.dedupe.window);
    this.place = `${source.name}, partition ${partition}`;
  }

  get from(): Offset {
    return this.begins;
  }

  get records(): number {
    return this.kept.length + this.added;
  }

  get waiting(): number {
    return this.kept.length;
  }

  get bytes(): number {
    return this.held;
  }

  keep(record: LogRecord, mark: ArchiveMark): void {
    this.kept.push({ partition: this.partition, record, mark });
    this.held += record.value.byteLength + RECORD_BYTES;
  }

  /** Hands what waits to the engine. */
  async add(): Promise<void> {
    const { kept } = this;
    this.kept = [];
    this.added += kept.length;
    this.writer ??= this.engine.openArchive(this.source);
    await this.writer.add(kept);
  }

  /** Writes the file to a path, and begins the next one. */
  async finish(path: string): Promise<void> {
    await this.add();
    await this.writer?.finish(path);
    this.begins = this.judge.next;
    this.added = 0;
    this.writer = null;
    this.held = 0;
  }

  async discard(): Promise<void> {
    await this.writer?.discard();
  }
}
