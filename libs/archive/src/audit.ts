/** Everything that the manifest names, file by file: for whoever checks an archive, or looks for what it does not name. */
import type { ArchiveHeadDocument } from '@tenon/contracts';
import { STORE_KEYS } from '@tenon/contracts';
import type { Partition } from '@tenon/domain';
import type { Lake, ProductStore } from '@tenon/ports';
import { ArchiveManifest } from './manifest';
import type { ArchiveFile } from './names';

/** A partition of which something is archived. */
export interface ArchivedPartition {
  readonly source: string;
  readonly partition: Partition;
  readonly head: ArchiveHeadDocument;
}

export interface AuditDeps {
  readonly store: Pick<ProductStore, 'transact' | 'snapshot'>;
  readonly lake: Pick<Lake, 'list'>;
}

/** All of the store's, whatever sources a catalog has. */
export function archivedPartitions({ store }: Pick<AuditDeps, 'store'>): Promise<ArchivedPartition[]> {
  const [prefix] = STORE_KEYS.archiveHead('', 0).split('//');
  return store.snapshot(async (snapshot) => {
    const found: ArchivedPartition[] = [];
    for await (const chunk of snapshot.scan<ArchiveHeadDocument>('meta', {
      gte: `${prefix}/`,
      lt: `${prefix}/~`,
    }))
      for (const { key, value } of chunk) {
        const [, source = '', partition] = key.split('/');
        found.push({ source, partition: Number(partition), head: value });
      }
    return found;
  });
}

/**
 * The files that the manifest names of a partition, in order.
 *
 * @returns with what is wrong with the list itself, in words
 */
export async function filesOf(
  deps: AuditDeps,
  { source, partition, head }: ArchivedPartition,
): Promise<{ readonly files: readonly ArchiveFile[]; readonly fault: string | null }> {
  const manifest = new ArchiveManifest(deps, source, partition + 1);
  const files = await manifest.files(partition, head.first, head.next);
  let next = head.first;
  for (const { from, to } of files) {
    if (from > next) return { files, fault: `names no file with the offsets from ${next} to ${from}` };
    next = to;
  }
  const fault = next < head.next ? `names no file with the offsets from ${next} to ${head.next}` : null;
  return { files, fault };
}
