/**
 * Transactions as a database on servers has them: reads of one instant, between which others may commit, and a commit that is
 * refused if anything that was read or is written has changed since; then all begins anew. They run over a store in one process.
 */
import type { DocumentPlaces, ProductStore, StoreSnapshot, StoreTable, StoreTransaction } from '@tenon/ports';
import type { Calls } from './calls';
import type { Process } from './simulation';
import { Gone } from './simulation';

interface Write {
  readonly table: StoreTable;
  readonly key: string;
  /** JSON; null: deleted. */
  readonly json: string | null;
  readonly places: DocumentPlaces | undefined;
}

/** How often a read of a transaction lets others go first. */
const PAUSES = 0.25;

export class SteppedTransactions {
  private commits = 0;
  /** Key of any table → the commit that wrote it last. */
  private readonly written = new Map<string, number>();

  constructor(
    private readonly calls: Calls,
    private readonly inner: () => ProductStore,
  ) {}

  async run<T>(process: Process, work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const { simulation, counters } = this.calls;
    for (;;) {
      let begun = 0;
      const touched = new Set<string>();
      const writes = new Map<string, Write>();
      const result = await simulation.inside(() =>
        this.inner().snapshot((snapshot) => {
          begun = this.commits;
          return simulation.outside(() => work(this.transaction(process, snapshot, touched, writes)));
        }),
      );
      const committed = await this.calls.effect(process, 'transact: commit', () =>
        this.commit(begun, touched, writes),
      );
      if (committed) return result;
      counters.add('transactions begun anew, as others wrote');
    }
  }

  private async commit(
    begun: number,
    touched: ReadonlySet<string>,
    writes: ReadonlyMap<string, Write>,
  ): Promise<boolean> {
    if (writes.size === 0) return true;
    if ([...touched].some((name) => (this.written.get(name) ?? 0) > begun)) return false;
    await this.inner().transact(async (tx) => {
      for (const { table, key, json, places } of writes.values())
        if (json === null) tx.delete(table, key, places);
        else tx.putJson(table, key, json, places);
    });
    this.commits += 1;
    for (const name of writes.keys()) this.written.set(name, this.commits);
    return true;
  }

  private transaction(
    process: Process,
    snapshot: StoreSnapshot,
    touched: Set<string>,
    writes: Map<string, Write>,
  ): StoreTransaction {
    const { simulation } = this.calls;
    const nameOf = (table: StoreTable, key: string) => `${table} ${key}`;
    const getMany = async <T>(table: StoreTable, keys: readonly string[]) => {
      if (simulation.random.chance(PAUSES)) await simulation.turn(process, 'transact: read');
      if (!process.alive) throw new Gone();
      for (const key of keys) touched.add(nameOf(table, key));
      const found = await simulation.inside(() => snapshot.getMany<T>(table, keys));
      return keys.map((key, index) => {
        const own = writes.get(nameOf(table, key));
        if (own === undefined) return found[index];
        return own.json === null ? undefined : (JSON.parse(own.json) as T);
      });
    };
    const write = (table: StoreTable, key: string, json: string | null, places?: DocumentPlaces) => {
      touched.add(nameOf(table, key));
      writes.set(nameOf(table, key), { table, key, json, places });
    };
    return {
      get: async <T>(table: StoreTable, key: string) => (await getMany<T>(table, [key]))[0],
      getMany,
      put: (table, key, value) => write(table, key, JSON.stringify(value)),
      putJson: write,
      delete: (table, key, places) => write(table, key, null, places),
    };
  }
}
