/** Where the records between two cuts lie, for the engine. */
import type { Offset, Offsets, Partition } from '@tenon/domain';
import { TenonError } from '@tenon/errors';
import type { ArchiveRange, Lake } from '@tenon/ports';
import { checkedPath } from './check';
import type { ArchiveManifest } from './manifest';
import { spansOf } from './names';

/**
 * @param from partition → offset; partitions that it lacks begin at 0
 * @throws TenonError `archive-damaged` if one of the files is not what was written, `archive-gap` if the archive does not have all
 */
export async function archiveRanges(
  manifest: ArchiveManifest,
  lake: Pick<Lake, 'path' | 'print'>,
  from: Offsets,
  to: ReadonlyMap<Partition, Offset>,
): Promise<ArchiveRange[]> {
  const ranges: ArchiveRange[] = [];
  for (const [partition, end] of to) {
    const begin = from[String(partition)] ?? 0;
    const files = await manifest.files(partition, begin, end);
    checkWhole(manifest.source, partition, files, begin, end);
    for (const span of spansOf(files, begin, end)) {
      const paths: string[] = [];
      for (const file of span.files) paths.push(await checkedPath(lake, file));
      ranges.push({ partition, from: span.from, to: span.to, paths });
    }
  }
  return ranges;
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
