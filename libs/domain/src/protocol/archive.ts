/** What the archive of a partition takes: it has no gap, and each offset is given by one file only. */
import type { Offset } from '../numbers';

/**
 * `append`: the file's offsets from `next` on are new. `held`: others have archived all of it (its writer was slow, or is a
 * zombie). `gap`: something between is missing, so its writer goes by an archive that is not this one any more.
 */
export type ArchiveVerdict = 'append' | 'held' | 'gap';

/**
 * @param next the first offset that is not archived
 * @param file the offsets [from, to) that a file has
 */
export function judgeArchived(
  next: Offset,
  { from, to }: { readonly from: Offset; readonly to: Offset },
): ArchiveVerdict {
  if (from > next) return 'gap';
  return to <= next ? 'held' : 'append';
}
