/**
 * A file's name in the lake says all that the manifest says of it but its columns and the cuts within it:
 * `archive/<source>/p=<partition>/<from>-<to>.<epoch>.<end>.<digest>.parquet` holds the partition's records [from, to). So what
 * two writers make of the same records has two names unless it is the same to the bit, and a lake whose store was lost can be
 * taken in again. Releases before the manifest wrote no digest.
 */
import type { ArchiveEnd, ArchivedFile } from '@tenon/contracts';
import type { Epoch, Offset, Partition } from '@tenon/domain';
import type { LakeFile } from '@tenon/ports';

/** A file of the archive, where it lies. */
export interface ArchiveFile extends ArchivedFile {
  readonly name: string;
  readonly partition: Partition;
}

/** What a name is made of. */
export interface ArchivePlace {
  readonly partition: Partition;
  readonly from: Offset;
  readonly to: Offset;
  readonly epoch: Epoch;
  readonly end: ArchiveEnd;
  readonly digest?: string | null;
}

const digits = (n: number) => String(n).padStart(12, '0');

export const archivePrefix = (source: string) => `archive/${source}/`;

export const partitionPrefix = (source: string, partition: Partition) =>
  `${archivePrefix(source)}p=${partition}/`;

export function archiveName(source: string, file: ArchivePlace): string {
  const range = `${digits(file.from)}-${digits(file.to)}`;
  const digest = file.digest === undefined || file.digest === null ? '' : `.${file.digest}`;
  return `${partitionPrefix(source, file.partition)}${range}.${digits(file.epoch)}.${file.end}${digest}.parquet`;
}

const NAME = /\/p=(\d+)\/(\d{12})-(\d{12})\.(\d{12})\.([bfm])(?:\.([0-9a-f]{32}))?\.parquet$/;

/** @returns undefined for a file that is not part of the archive. */
export function parseArchiveName({ name, bytes }: LakeFile): ArchiveFile | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, partition, from, to, epoch, end, digest] = match;
  return {
    ...{ name, bytes, columns: null },
    partition: Number(partition),
    from: Number(from),
    to: Number(to),
    epoch: Number(epoch),
    end: end as ArchiveEnd,
    digest: digest ?? null,
  };
}

interface Span {
  readonly from: Offset;
  readonly to: Offset;
}

/**
 * The files that cover a partition from offset 0 without a gap, in order. Two writers (one a zombie) may have cut the
 * same range differently: each offset is then taken from one file only, by the offsets that the reader asks for.
 */
export function contiguous<T extends Span>(files: readonly T[]): T[] {
  const ordered = [...files].sort((a, b) => a.from - b.from || b.to - a.to);
  const chain: T[] = [];
  let next = 0;
  for (const file of ordered) {
    if (file.to <= next) continue;
    if (file.from > next) break;
    chain.push(file);
    next = file.to;
  }
  return chain;
}

/**
 * The files that hold the offsets [from, to) of a partition, as few spans as can be: files that join on share one. Where
 * two files overlap, each gives only the offsets that no file before it gave, in a span of its own.
 *
 * @param files in order and without a gap, as the manifest and `contiguous` give them
 */
export function spansOf<T extends Span>(
  files: readonly T[],
  from: Offset,
  to: Offset,
): { readonly from: Offset; readonly to: Offset; readonly files: readonly T[] }[] {
  const spans: { from: Offset; to: Offset; files: T[] }[] = [];
  let at = from;
  for (const file of files) {
    if (file.to <= at || file.from >= to) continue;
    const end = Math.min(file.to, to);
    const last = spans.at(-1);
    if (last === undefined || file.from < at) spans.push({ from: at, to: end, files: [file] });
    else {
      last.to = end;
      last.files.push(file);
    }
    at = end;
  }
  return spans;
}
