/** An archive without a manifest: of a release before, or one whose store was lost. It is taken in once, from its listing. */
import type { ArchiveHeadDocument, ArchivedFile } from '@tenon/contracts';
import { STORE_KEYS, supported } from '@tenon/contracts';
import type { Partition } from '@tenon/domain';
import type { Lake, ProductStore } from '@tenon/ports';
import { listOf } from './listing';
import { contiguous, parseArchiveName, partitionPrefix } from './names';

export interface TakeInDeps {
  readonly store: Pick<ProductStore, 'transact'>;
  readonly lake: Pick<Lake, 'list'>;
}

/**
 * Names the files that cover a partition from offset 0 without a gap. Several instances may do it side by side: the parts are
 * written while there is no head, and whoever writes the head says which of them count.
 *
 * @returns undefined where there is no such file
 */
export async function takeIn(
  { store, lake }: TakeInDeps,
  source: string,
  partition: Partition,
): Promise<ArchiveHeadDocument | undefined> {
  const listed = await lake.list(partitionPrefix(source, partition));
  const files = contiguous(listed.flatMap((file) => parseArchiveName(file) ?? []));
  if (files.length === 0) return undefined;
  const { head, parts } = listOf(files.map(entryOf));
  const headKey = STORE_KEYS.archiveHead(source, partition);
  for (const [at, part] of parts) {
    const known = await store.transact(async (tx) => {
      const before = supported('archive-head', await tx.get<ArchiveHeadDocument>('meta', headKey));
      if (before !== undefined) return before;
      tx.put('meta', STORE_KEYS.archivePart(source, partition, at), part);
      if (at === head.tail) tx.put('meta', headKey, head);
      return undefined;
    });
    if (known !== undefined) return known;
  }
  return head;
}

const entryOf = ({ from, to, epoch, end, bytes, digest, columns }: ArchivedFile): ArchivedFile => ({
  ...{ from, to, epoch, end, bytes, digest, columns },
});
