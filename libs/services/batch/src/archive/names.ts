/**
 * The archive's index is its file names: `archive/<source>/p=<partition>/<from>-<to>.<epoch>.<end>.parquet` holds the
 * partition's records [from, to). `end` says why the file ends: `b` a barrier (epoch `epoch` begins at `to`), `f` a
 * barrier that asks for a full recomputation, `m` in the middle of epoch `epoch`. So what is archived, and where the
 * cuts lie, is read off a listing.
 */
import type { Epoch, Offset, Partition } from '@tenon/domain';
import type { LakeFile } from '@tenon/ports';

export interface ArchiveFile {
  readonly name: string;
  readonly partition: Partition;
  readonly from: Offset;
  readonly to: Offset;
  /** The epoch that the offset `to` belongs to. */
  readonly epoch: Epoch;
  readonly end: 'b' | 'f' | 'm';
}

const digits = (n: number) => String(n).padStart(12, '0');

export const archivePrefix = (source: string) => `archive/${source}/`;

export function archiveName(source: string, file: Omit<ArchiveFile, 'name'>): string {
  const range = `${digits(file.from)}-${digits(file.to)}`;
  return `${archivePrefix(source)}p=${file.partition}/${range}.${digits(file.epoch)}.${file.end}.parquet`;
}

const NAME = /\/p=(\d+)\/(\d{12})-(\d{12})\.(\d{12})\.([bfm])\.parquet$/;

/** @returns undefined for a file that is not part of the archive. */
export function parseArchiveName(file: LakeFile): ArchiveFile | undefined {
  const match = NAME.exec(file.name);
  if (match === null) return undefined;
  const [, partition, from, to, epoch, end] = match;
  return {
    name: file.name,
    partition: Number(partition),
    from: Number(from),
    to: Number(to),
    epoch: Number(epoch),
    end: end as ArchiveFile['end'],
  };
}

/**
 * The files that cover a partition from offset 0 without a gap, in order. Two writers (one a zombie) may have cut the
 * same range differently: each offset is then taken from one file only, by the offsets that the reader asks for.
 */
export function contiguous(files: readonly ArchiveFile[]): ArchiveFile[] {
  const ordered = [...files].sort((a, b) => a.from - b.from || b.to - a.to);
  const chain: ArchiveFile[] = [];
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
 * @param files as `contiguous` gives them
 */
export function spansOf(
  files: readonly ArchiveFile[],
  from: Offset,
  to: Offset,
): { readonly from: Offset; readonly to: Offset; readonly names: readonly string[] }[] {
  const spans: { from: Offset; to: Offset; names: string[] }[] = [];
  let at = from;
  for (const file of files) {
    if (file.to <= at || file.from >= to) continue;
    const end = Math.min(file.to, to);
    const last = spans.at(-1);
    if (last === undefined || file.from < at) spans.push({ from: at, to: end, names: [file.name] });
    else {
      last.to = end;
      last.names.push(file.name);
    }
    at = end;
  }
  return spans;
}
