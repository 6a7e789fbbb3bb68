import { open } from 'lmdb';
import type { Database, RootDatabase } from 'lmdb';
import { checkDocumentSize, parseDocument } from '@tenon/contracts';
import { TenonError, Unavailable } from '@tenon/errors';
import type { DocumentPlaces, ProductStore, StoreSnapshot, StoreTable, StoreTransaction } from '@tenon/ports';
import { checkDataFile } from './data-file';
import { DocumentBytes } from './document-bytes';
import type { SharedSnapshot } from './snapshot-pool';
import { SnapshotPool } from './snapshot-pool';
import type { Tables } from './snapshots';
import { LmdbSnapshot, placeOf } from './snapshots';

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

/** lmdb's own bound on a key. */
const MAX_PLACE = 1978;

class LmdbProductStore implements ProductStore {
  private readonly root: RootDatabase<string, string>;
  private readonly tables: Tables;
  private readonly places: Tables;
  private readonly snapshots: SnapshotPool;
  private readonly bytes = new DocumentBytes();
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
    const table = (name: string) => root.openDB<string, string>({ name, encoding: 'string' });
    const all = (suffix: string) =>
      Object.fromEntries(TABLES.map((name) => [name, table(name + suffix)])) as Record<
        StoreTable,
        Database<string, string>
      >;
    this.root = root;
    this.tables = all('');
    this.places = all('.places');
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
      return await read(this.over(shared));
    } finally {
      this.snapshots.release(shared);
    }
  }

  versionNow(): number | undefined {
    return this.closing === null ? this.snapshots.versionNow() : undefined;
  }

  private over({ transaction, version }: SharedSnapshot): LmdbSnapshot {
    return new LmdbSnapshot(this.tables, this.places, transaction, version);
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
    const writes = new WriteSet(this.over(shared));
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
    this.snapshots.commits();
    try {
      await this.root.batch(() => {
        // lmdb-js takes a text’s bytes as well as the text.
        writes.each((table, key, json) => {
          if (json === null) void this.tables[table].remove(key);
          else void this.tables[table].put(key, this.bytes.of(json) as unknown as string);
        });
        writes.eachPlace((table, place, stands) => {
          if (stands) void this.places[table].put(place, '');
          else void this.places[table].remove(place);
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
  /** Whether a document is to stand there. */
  private readonly placed: Readonly<Record<StoreTable, Map<string, boolean>>> = {
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

  /** In their order: pages are then written one after the other. */
  eachPlace(visit: (table: StoreTable, place: string, stands: boolean) => void): void {
    for (const table of TABLES)
      for (const place of [...this.placed[table].keys()].sort())
        visit(table, place, this.placed[table].get(place) === true);
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

  putJson(table: StoreTable, key: string, json: string, places?: DocumentPlaces): void {
    // A document that stands keeps its places, for they follow from its key.
    if (places !== undefined && !(places.stands ?? this.before.has(table, key)))
      this.place(table, key, places, true);
    this.write(table, key, json);
  }

  delete(table: StoreTable, key: string, places?: DocumentPlaces): void {
    if (places !== undefined) this.place(table, key, places, false);
    this.write(table, key, null);
  }

  private place(table: StoreTable, key: string, { at, heads }: DocumentPlaces, stands: boolean): void {
    for (const head of heads) {
      const place = placeOf(key, at, head);
      if (place.length > MAX_PLACE)
        throw new TenonError('invalid-key', `A key with its head is too long: ${place.slice(0, 100)}`);
      this.placed[table].set(place, stands);
    }
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
