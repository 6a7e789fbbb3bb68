/** The archive's beginning is given up: the manifest names its oldest files no more, in one step for each part of its list. */
import type { ArchiveHeadDocument, ArchivePartDocument } from '@tenon/contracts';
import { STORE_KEYS, supported } from '@tenon/contracts';
import type { Partition } from '@tenon/domain';
import type { ProductStore, StoreTransaction } from '@tenon/ports';
import type { ArchiveManifest } from './manifest';
import type { ArchiveFile } from './names';

/** May the file go? Asked in order; the first one that may not ends it. */
export type IsOld = (file: ArchiveFile) => Promise<boolean>;

/**
 * Names the oldest files no more, as far as they may go. The last part of the list stays as it is: others write it.
 *
 * @param until no event of them is later, microseconds
 * @param mayWrite false: the writer is a zombie by now
 * @returns those that are named no more; they still lie in the lake, and somebody may be reading them
 */
export async function removeOldest(
  store: Pick<ProductStore, 'transact' | 'snapshot'>,
  manifest: ArchiveManifest,
  partition: Partition,
  until: number,
  isOld: IsOld,
  mayWrite: (tx: StoreTransaction) => Promise<boolean>,
): Promise<ArchiveFile[]> {
  const { source } = manifest;
  const removed: ArchiveFile[] = [];
  for (;;) {
    const key = await firstPart(store, source, partition);
    if (key === undefined) return removed;
    const at = Number(key.split('/').at(-1));
    const old: ArchiveFile[] = [];
    const part = await store.snapshot((snapshot) => manifest.partIn(snapshot, partition, at));
    for (const file of manifest.named(partition, part)) {
      if (!(await isOld(file))) break;
      old.push(file);
    }
    if (old.length === 0) return removed;
    const isDone = await store.transact(async (tx) => {
      const head = await manifest.headIn(tx, partition);
      if (head === undefined || head.tail === at || !(await mayWrite(tx))) return false;
      const now = manifest.named(partition, await manifest.partIn(tx, partition, at));
      if (!old.every(({ name }, index) => now[index]?.name === name)) return false;
      const { files } = await manifest.partIn(tx, partition, at);
      const left: ArchivePartDocument = { v: 1, files: files.slice(old.length) };
      if (left.files.length === 0) tx.delete('meta', key);
      else tx.put('meta', key, left);
      tx.put('meta', STORE_KEYS.archiveHead(source, partition), headWithout(head, old, until));
      return true;
    });
    if (!isDone) return removed;
    removed.push(...old);
    if (old.length < part.files.length) return removed;
  }
}

function headWithout(head: ArchiveHeadDocument, old: readonly ArchiveFile[], until: number) {
  const bytes = old.reduce((sum, file) => sum + file.bytes, 0);
  const first = Math.max(head.first, old.at(-1)?.to ?? 0);
  return {
    ...head,
    ...{ first, removed: Math.max(head.removed ?? -Infinity, Math.floor(until)) },
    ...{ files: head.files - old.length, bytes: head.bytes - bytes, revision: head.revision + 1 },
  };
}

/** The key of the first part, unless it is the last one too. */
function firstPart(
  store: Pick<ProductStore, 'snapshot'>,
  source: string,
  partition: Partition,
): Promise<string | undefined> {
  return store.snapshot(async (snapshot) => {
    const head = supported(
      'archive-head',
      await snapshot.get<ArchiveHeadDocument>('meta', STORE_KEYS.archiveHead(source, partition)),
    );
    if (head === undefined || head.tail === null) return undefined;
    const gte = STORE_KEYS.archivePart(source, partition, 0);
    const lt = STORE_KEYS.archivePart(source, partition, head.tail);
    for await (const chunk of snapshot.scan('meta', { gte, lt, limit: 1 }))
      for (const { key } of chunk) return key;
    return undefined;
  });
}
