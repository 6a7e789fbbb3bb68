/** Where the records between two cuts lie, for the engine. */
import type { Offset, Offsets, Partition } from '@tenon/domain';
import type { ArchiveRange, Lake } from '@tenon/ports';
import { checkedPath } from './check';
import type { ArchiveManifest } from './manifest';
import { spansOf } from './names';

/**
 * @param from partition → offset; partitions that it lacks begin at 0
 * @throws TenonError `archive-damaged` if one of the files is not what was written
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
    for (const span of spansOf(await manifest.files(partition, begin, end), begin, end)) {
      const paths: string[] = [];
      for (const file of span.files) paths.push(await checkedPath(lake, file));
      ranges.push({ partition, from: span.from, to: span.to, paths });
    }
  }
  return ranges;
}
