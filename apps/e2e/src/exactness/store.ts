/** The store as one process of a simulated world sees it: as one process has it, or as a database on servers. */
import { isPointerKey } from '@tenon/contracts';
import { Unavailable } from '@tenon/errors';
import type { ProductStore, StoreSnapshot, StoreTable, StoreTransaction } from '@tenon/ports';
import type { Calls } from './calls';
import { each } from './calls';
import type { Sightings } from './sightings';
import type { Process } from './simulation';
import { Gone } from './simulation';
import { SteppedTransactions } from './transactions';

export class WorldStore {
  private readonly stepped: SteppedTransactions | null;
  /** Nobody reaches it. */
  isAway = false;

  /** @param stepped whether transactions take several steps, between which others may write, as they do on servers */
  constructor(
    private readonly calls: Calls,
    private readonly inner: () => ProductStore,
    private readonly sightings: Sightings,
    stepped: boolean,
  ) {
    this.stepped = stepped ? new SteppedTransactions(calls, inner) : null;
  }

  portFor(process: Process): ProductStore {
    const { simulation } = this.calls;
    return {
      transact: (work) => this.transact(process, work),
      snapshot: async (read) => {
        await simulation.turn(process, 'snapshot');
        this.refuse();
        this.calls.refuseAtRandom('snapshot');
        const ended: (() => void)[] = [];
        try {
          return await simulation.inside(() =>
            this.inner().snapshot((snapshot) =>
              simulation.outside(() => read(this.snapshot(process, snapshot, ended))),
            ),
          );
        } finally {
          for (const end of ended) end();
        }
      },
      close: async () => undefined,
    };
  }

  private refuse(): void {
    if (this.isAway) throw new Unavailable('the store is away');
  }

  private async transact<T>(process: Process, work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const { calls, stepped } = this;
    this.refuse();
    if (stepped === null)
      return calls.effect(process, 'transact', () =>
        this.sightings.transact<T>(process, (watched) => this.inner().transact(watched), work),
      );
    await calls.simulation.turn(process, 'transact');
    const result = await this.sightings.transact<T>(
      process,
      (watched) => stepped.run(process, watched),
      work,
    );
    if (calls.simulation.random.chance(calls.faults.lostCommit)) {
      calls.counters.add('commits whose answer was lost');
      throw new Unavailable('the answer to a commit got lost');
    }
    return result;
  }

  /** @param ended to be called when the snapshot is closed */
  private snapshot(process: Process, snapshot: StoreSnapshot, ended: (() => void)[]): StoreSnapshot {
    const { simulation } = this.calls;
    const isReader = process.name === 'serving';
    const inside = async <T>(operation: () => Promise<T>): Promise<T> => {
      if (!process.alive) throw new Gone();
      return simulation.inside(operation);
    };
    return {
      get: (table, key) => inside(() => snapshot.get(table, key)),
      getMany: async <T>(table: StoreTable, keys: readonly string[]) => {
        const found = await inside(() => snapshot.getMany<T>(table, keys));
        if (!process.overlooksFull) return found;
        return found.map((one, at) =>
          keys[at]?.startsWith('archive-head/') && one !== undefined ? { ...one, fulls: [] } : one,
        );
      },
      textsOf: (table, keys) => inside(() => snapshot.textsOf(table, keys)),
      texts: async (ranges) => {
        // A read is long enough for others to write, and to prune, meanwhile.
        if (isReader && simulation.random.chance(0.2)) await simulation.turn(process, 'scan');
        this.refuse();
        return inside(() => snapshot.texts(ranges));
      },
      parse: (table, key, text) => snapshot.parse(table, key, text),
      ordered: snapshot.ordered,
      scan: (table, range) => {
        if (isReader && range.and !== undefined && isPointerKey(range.and))
          ended.push(this.sightings.reading(range.and.slice('pointer/'.length)));
        // A read is long enough for others to write, and to prune, meanwhile.
        const slowly = async <T>(operation: () => Promise<T>): Promise<T> => {
          if (table !== 'meta' && simulation.random.chance(0.1)) await simulation.turn(process, 'scan');
          return inside(operation);
        };
        return each(isReader ? slowly : inside, (end) => simulation.inside(end), snapshot.scan(table, range));
      },
    };
  }
}
