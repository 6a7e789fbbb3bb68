/** Where the records between two cuts lie, for the engine. */
import type { Offset, Offsets, Partition } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type { ArchiveRange, Lake, Loss } from '@tenon/ports';
import { checkedPath } from './check';
import type { ArchiveManifest } from './manifest';
import type { ArchiveFile } from './names';
import { spansOf } from './names';

/** What a reader of the archive gets, and what of it was removed because of its age. */
export interface ArchivedRanges {
  readonly ranges: readonly ArchiveRange[];
  /** The records before what is there that were asked for; null: all are there. */
  readonly removed: RemovedRecords | null;
  /** So many of those whose loss was accepted; none of `removed`. */
  readonly lost: number;
}

export interface RemovedRecords {
  readonly records: number;
  /** None of them has a later event time, microseconds. */
  readonly until: number;
  /** Where the archive begins, in words. */
  readonly where: string;
}

/**
 * @param from partition → offset; partitions that it lacks begin at 0
 * @param losses that were accepted
 * @throws TenonError `archive-damaged` if one of the files is not what was written, `archive-gap` if the archive does not have all
 */
export async function archiveRanges(
  manifest: ArchiveManifest,
  lake: Pick<Lake, 'path' | 'print'>,
  from: Offsets,
  to: ReadonlyMap<Partition, Offset>,
  losses: readonly Loss[] = [],
): Promise<ArchivedRanges> {
  const ranges: ArchiveRange[] = [];
  let lost = 0;
  const gone: RemovedRecords[] = [];
  for (const [partition, end] of to) {
    const asked = from[String(partition)] ?? 0;
    const files = await manifest.files(partition, asked, end);
    const { begin, until } = await beginOf(manifest, partition, files, asked, end);
    checkWhole(manifest.source, partition, files, begin, end);
    if (until !== null && isAccepted(losses, partition, asked, begin)) lost += begin - asked;
    else if (until !== null)
      gone.push({ records: begin - asked, until, where: `partition ${partition} begins at ${begin}` });
    for (const span of spansOf(files, begin, end)) {
      const paths: string[] = [];
      for (const file of span.files) paths.push(await checkedPath(lake, file));
      ranges.push({ partition, from: span.from, to: span.to, paths });
    }
  }
  return { ranges, removed: gone.length === 0 ? null : gone.reduce(together), lost };
}

/** Losses cover all offsets of [from, to), by themselves or together. */
function isAccepted(losses: readonly Loss[], partition: Partition, from: Offset, to: Offset): boolean {
  let next = from;
  const of = losses.filter((one) => one.partition === partition).sort((a, b) => a.from - b.from);
  for (const one of of) if (one.from <= next) next = Math.max(next, one.to);
  return next >= to;
}

const together = (a: RemovedRecords, b: RemovedRecords): RemovedRecords => ({
  records: a.records + b.records,
  until: Math.max(a.until, b.until),
  where: `${a.where}, ${b.where}`,
});

/** Where the archive begins, if what was asked for was removed from its beginning. */
async function beginOf(
  manifest: ArchiveManifest,
  partition: Partition,
  [first]: readonly ArchiveFile[],
  asked: Offset,
  end: Offset,
): Promise<{ readonly begin: Offset; readonly until: number | null }> {
  if (asked >= end || (first !== undefined && first.from <= asked)) return { begin: asked, until: null };
  // The files are of now, and the head may be of before.
  await manifest.look();
  const head = manifest.head(partition);
  const begin = Math.max(first?.from ?? end, asked);
  if (head.removed === undefined || begin > head.first) return { begin: asked, until: null };
  return { begin, until: head.removed };
}

/** What is not there must not be left out. */
function checkWhole(
  source: string,
  partition: Partition,
  files: readonly { readonly from: Offset; readonly to: Offset }[],
  begin: Offset,
  end: Offset,
): void {
  let next = begin;
  for (const { from, to } of files) {
    if (from > next) break;
    next = to;
  }
  if (next >= end) return;
  throw new TenonError(
    'archive-gap',
    `The archive of ${source}, partition ${partition} has no records from ${next} on, of those up to ${end}.`,
    { hint: 'tenon verify says which files are missing.' },
  );
}
