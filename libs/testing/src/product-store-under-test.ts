/** What the parts of the ProductStore contract share. */
import type { ProductStore, ScanRange, StoreEntry, StoreSnapshot, StoreTable } from '@tenon/ports';

export interface StoreUnderTest {
  readonly store: () => ProductStore;
  reopen(): Promise<void>;
  /** A prefix for keys that no other test uses. */
  prefix(): string;
}

export async function scanAll<T>(
  snapshot: StoreSnapshot,
  table: StoreTable,
  range: ScanRange,
): Promise<StoreEntry<T>[]> {
  const entries: StoreEntry<T>[] = [];
  for await (const chunk of snapshot.scan<T>(table, range)) entries.push(...chunk);
  return entries;
}
