/** What is known to have stood in a source's log: what was counted of it, or archived, whatever the log has now. */
import type { ArchiveHeadDocument } from '@tenon/contracts';
import { STORE_KEYS } from '@tenon/contracts';
import type { Offset, Partition, SourceDefinition } from '@tenon/domain';
import { isPassing } from '@tenon/errors';
import type { ProductStore, StoreSnapshot } from '@tenon/ports';
import type { ProductLayout } from './layout';
import { readView } from './view';

/**
 * @param store of products that read the source, or of its archive
 * @returns partition → the offset behind the last record that is known of
 * @throws what the store throws while it is away; what can't be read of a product, or of the archive, is their matter, and not known
 */
export async function heldOffsets(
  store: Pick<ProductStore, 'snapshot'>,
  { name, partitions }: Pick<SourceDefinition, 'name' | 'partitions'>,
  layouts: readonly ProductLayout[],
): Promise<Record<string, Offset>> {
  const held: Record<string, Offset> = {};
  const add: Add = (partition, next) => {
    held[String(partition)] = Math.max(held[String(partition)] ?? 0, next);
  };
  await store.snapshot(async (snapshot) => {
    await unlessDamaged(addArchived(snapshot, name, partitions, add));
    for (const layout of layouts)
      if (layout.sources.includes(name)) await unlessDamaged(addLanded(snapshot, name, layout, add));
  });
  return held;
}

type Add = (partition: Partition, next: Offset) => void;

async function unlessDamaged(reading: Promise<void>): Promise<void> {
  try {
    await reading;
  } catch (error) {
    if (isPassing(error)) throw error;
  }
}

async function addArchived(
  snapshot: StoreSnapshot,
  source: string,
  partitions: number,
  add: Add,
): Promise<void> {
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  const keys = all.map((partition) => STORE_KEYS.archiveHead(source, partition));
  const heads = await snapshot.getMany<ArchiveHeadDocument>('meta', keys);
  heads.forEach((head, partition) => {
    if (head !== undefined) add(partition, head.next);
  });
}

async function addLanded(
  snapshot: StoreSnapshot,
  source: string,
  layout: ProductLayout,
  add: Add,
): Promise<void> {
  const { speed } = await readView(snapshot, layout);
  for (const { lane, reach, progress } of speed.lanes.values()) {
    if (lane.source !== source) continue;
    add(lane.partition, reach.included);
    for (const { next } of progress) add(lane.partition, next);
  }
}
