import { open } from 'lmdb';
import type { Database, RootDatabase } from 'lmdb';
import { checkDocumentSize, parseDocument } from '@tenon/contracts';
import { TenonError, Unavailable } from '@tenon/errors';
import type { ProductStore, StoreSnapshot, StoreTable, StoreTransaction } from '@tenon/ports';
import { checkedText } from './checked-text';
import { checkDataFile } from './data-file';
import { LmdbSnapshot, SnapshotPool } from './snapshots';

export interface LmdbStoreOptions {
  /** Made if it is missing. One process at a time may use it (see `openDataDirectory`). */
  readonly directory: string;
}

const TABLES: readonly StoreTable[] = ['meta', 'base', 'speed'];

/** Longer ones don't fit lmdb's pages. */
const KEY = /^[\x20-\x7e]{1,1900}$/;

/** How many snapshots of different moments may be held at once. */
const MAX_READERS = 1024;

/** Documents as JSON text in lmdb (docs/adr says why not msgpack), keys in byte order. */
export function createLmdbProductStore(options: LmdbStoreOptions): ProductStore {
  return new LmdbProductStore(options);
}

type Tables = Readonly<Record<StoreTable, Database<string, string>>>;

class LmdbProductStore implements ProductStore {
  private readonly root: RootDatabase<string, string>;
  private readonly tables: Tables;
  private readonly snapshots: SnapshotPool;
  /** The tail of the queue of transactions: one at a time. */
  private last: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | null = null;

  constructor(options: LmdbStoreOptions) {
    checkDataFile(options.directory, TABLES);
    const root = open<string, string>({
      path: options.directory,
      encoding: 'string',
      maxReaders: MAX_READERS,
      // A commit is on the disk before anyone sees it, as in plain lmdb. Measured: no slower.
      overlappingSync: false,
      // lmdb-js would begin a batch of its own around ours, and leave the error of a failed commit unhandled.
      eventTurnBatching: false,
    });
    const table = (name: StoreTable) => root.openDB<string, string>({ name, encoding: 'string' });
    this.root = root;
    this.tables = Object.fromEntries(TABLES.map((name) => [name, table(name)])) as Tables;
    this.snapshots = new SnapshotPool(root);
  }

  async transact<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    this.checkOpen();
    const done = this.last.then(() => this.run(work));
    this.last = done.catch(() => undefined);
    return done;
  }

  async snapshot<T>(read: (snapshot: StoreSnapshot) => Promise<T>): Promise<T> {
    this.checkOpen();
    const shared = this.snapshots.take();
    try {
      return await read(new LmdbSnapshot(this.tables, shared.transaction));
    } finally {
      this.snapshots.release(shared);
    }
  }

  close(): Promise<void> {
    this.closing ??= this.last.then(() => this.snapshots.idle()).then(() => this.root.close());
    return this.closing;
  }

  private checkOpen(): void {
    if (this.closing !== null) throw new TenonError('store-closed', 'The product store is closed.');
  }

  private async run<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const shared = this.snapshots.take();
    const writes = new WriteSet(new LmdbSnapshot(this.tables, shared.transaction));
    let result: T;
    try {
      result = await work(writes);
    } finally {
      writes.end();
      this.snapshots.release(shared);
    }
    if (writes.size > 0) await this.commit(writes);
    return result;
  }

  private async commit(writes: WriteSet): Promise<void> {
    try {
      await this.root.batch(() => {
        writes.each((table, key, json) => {
          if (json === null) void this.tables[table].remove(key);
          else void this.tables[table].put(key, checkedText(json));
        });
      });
    } catch (error) {
      takeCommitError(error);
      throw new Unavailable('The product store could not be written.', error);
    } finally {
      this.snapshots.renew();
    }
  }
}

/** lmdb-js tells the reason of a failed commit by a promise of its own; unhandled, that would end the process. */
function takeCommitError(error: unknown): void {
  const { commitError } = error as { commitError?: Promise<unknown> };
  commitError?.catch(() => undefined);
}

/** A transaction's writes, which its reads see; JSON text, or null for a deletion. */
class WriteSet implements StoreTransaction {
  private readonly written: Readonly<Record<StoreTable, Map<string, string | null>>> = {
    meta: new Map(),
    base: new Map(),
    speed: new Map(),
  };
  private ended = false;

  constructor(private readonly before: LmdbSnapshot) {}

  get size(): number {
    return TABLES.reduce((sum, table) => sum + this.written[table].size, 0);
  }

  each(visit: (table: StoreTable, key: string, json: string | null) => void): void {
    for (const table of TABLES) for (const [key, json] of this.written[table]) visit(table, key, json);
  }

  async get<T>(table: StoreTable, key: string): Promise<T | undefined> {
    const own = this.written[table].get(key);
    if (own === undefined) return this.before.read<T>(table, key);
    return own === null ? undefined : parseDocument<T>(table, key, own);
  }

  async getMany<T>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]> {
    const own = this.written[table];
    if (own.size === 0) return this.before.getMany<T>(table, keys);
    const found = await this.before.getMany<T>(table, keys);
    keys.forEach((key, index) => {
      const json = own.get(key);
      if (json !== undefined) found[index] = json === null ? undefined : parseDocument<T>(table, key, json);
    });
    return found;
  }

  put(table: StoreTable, key: string, value: unknown): void {
    const json = JSON.stringify(value) as string | undefined;
    if (json === undefined)
      throw new TenonError('invalid-document', `${table}/${key}: undefined is no document.`);
    this.write(table, key, json);
  }

  putJson(table: StoreTable, key: string, json: string): void {
    this.write(table, key, json);
  }

  delete(table: StoreTable, key: string): void {
    this.write(table, key, null);
  }

  end(): void {
    this.ended = true;
  }

  private write(table: StoreTable, key: string, json: string | null): void {
    if (this.ended) throw new TenonError('transaction-ended', 'The transaction has ended.');
    // Checked here, since an error in the middle of a batch would commit its first half.
    if (!KEY.test(key)) {
      throw new TenonError(
        'invalid-key',
        `A key is 1 to 1,900 printable ASCII characters: ${key.slice(0, 100)}`,
      );
    }
    if (json !== null) checkDocumentSize(table, key, json);
    this.written[table].set(key, json);
  }
}
