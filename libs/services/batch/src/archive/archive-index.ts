/** What one source's archive holds: its files, read off the lake's listing, and the cuts that they end at. */
import type { Epoch, Generation, Offset, Offsets, Partition } from '@tenon/domain';
import { generationBefore } from '@tenon/domain';
import type { ArchiveRange, Lake } from '@tenon/ports';
import type { CompleteCut } from './complete-cut';
import type { ArchiveFile } from './names';
import { archivePrefix, contiguous, parseArchiveName, spansOf } from './names';

export class ArchiveIndex {
  private files = new Map<Partition, readonly ArchiveFile[]>();

  constructor(
    private readonly lake: Lake,
    private readonly source: string,
    private readonly partitions: number,
  ) {}

  /** Reads the listing: other instances archive other partitions. */
  async refresh(): Promise<void> {
    const listed = await this.lake.list(archivePrefix(this.source));
    const files = listed.flatMap((file) => parseArchiveName(file) ?? []);
    this.files = new Map(
      Array.from({ length: this.partitions }, (_, partition) => [
        partition,
        contiguous(files.filter((file) => file.partition === partition)),
      ]),
    );
  }

  /** A partition's files, in order and without a gap from offset 0. */
  of(partition: Partition): readonly ArchiveFile[] {
    return this.files.get(partition) ?? [];
  }

  /** A file that this instance has just committed. */
  add(file: ArchiveFile): void {
    this.files.set(file.partition, contiguous([...this.of(file.partition), file]));
  }

  /**
   * The latest cut that every partition's archive has passed, or null before the first.
   *
   * @param after a full recomputation that was asked for before this generation has been made
   */
  latestCut(after: Generation): CompleteCut | null {
    const partitions = [...this.files.values()];
    const reached = partitions.map((files) => files.findLast((file) => file.end !== 'm')?.epoch ?? 0);
    const epoch = Math.min(...reached);
    if (!Number.isFinite(epoch) || epoch <= 0) return null;
    const full = partitions.some((files) =>
      files.some((file) => file.end === 'f' && generationBefore(file.epoch) > after && file.epoch <= epoch),
    );
    return { ...this.cutAt(epoch), epoch, full };
  }

  /** In each partition the cut lies at the first barrier whose epoch is this one, or a later one. */
  private cutAt(epoch: Epoch): Pick<CompleteCut, 'offsets' | 'epochs'> {
    const offsets = new Map<Partition, Offset>();
    const epochs = new Map<Partition, Epoch>();
    for (const [partition, files] of this.files) {
      const file = files.find((one) => one.end !== 'm' && one.epoch >= epoch);
      offsets.set(partition, file?.to ?? 0);
      epochs.set(partition, file?.epoch ?? 0);
    }
    return { offsets, epochs };
  }

  /**
   * Where the records between two cuts are.
   *
   * @param from partition → offset; partitions that it lacks begin at 0
   */
  async ranges(from: Offsets, to: ReadonlyMap<Partition, Offset>): Promise<ArchiveRange[]> {
    const ranges: ArchiveRange[] = [];
    for (const [partition, files] of this.files)
      for (const { names, ...span } of spansOf(files, from[String(partition)] ?? 0, to.get(partition) ?? 0)) {
        const paths: string[] = [];
        for (const name of names) paths.push(await this.lake.path(name));
        ranges.push({ partition, ...span, paths });
      }
    return ranges;
  }
}
