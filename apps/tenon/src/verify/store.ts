/** Reads all documents of a store. */
import { keyAfter } from '@tenon/contracts';
import { DamagedDocument } from '@tenon/errors';
import type { ProductStore, StoreTable } from '@tenon/ports';
import type { Findings, Watcher } from './findings';

const TABLES: readonly StoreTable[] = ['meta', 'base', 'speed'];

export interface StoreReport {
  readonly documents: number;
}

export async function verifyStore(
  store: ProductStore,
  findings: Findings,
  watcher: Watcher,
): Promise<StoreReport> {
  let documents = 0;
  // How many there are nobody knows before.
  watcher.begin('store', 0);
  for (const table of TABLES) {
    let from: string | null = ' ';
    while (from !== null) {
      const gte: string = from;
      from = await store.snapshot(async (snapshot) => {
        let last = gte;
        try {
          for await (const chunk of snapshot.scan(table, { gte, lt: '~~' })) {
            documents += chunk.length;
            watcher.add(chunk.length);
            last = chunk.at(-1)?.key ?? last;
          }
          return null;
        } catch (error) {
          findings.failed(`Table ${table} from ${last} on`, error);
          // One that is not what was written is passed over; where lmdb itself fails there is no way on.
          return error instanceof DamagedDocument ? keyAfter(error.key) : null;
        }
      });
    }
  }
  watcher.end();
  return { documents };
}
