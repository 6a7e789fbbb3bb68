import type { AnyBulkWriteOperation, ClientSession } from 'mongodb';
import { ObjectId } from 'mongodb';
import { checkDocumentSize } from '@tenon/contracts';
import { TenonError } from '@tenon/errors';
import type { DocumentPlaces, StoreTable, StoreTransaction } from '@tenon/ports';
import type { ReadGuards } from './read-guards';
import { parse } from './snapshot';
import type { StoredDocument, Tables } from './tables';
import { ORDERS, TABLES, findMany } from './tables';

/** Documents per command; the driver would cut at 48 MB only, and the server then holds all of it at once. */
const WRITES_PER_COMMAND = 5_000;

/** Keys of a deletion; each is at most 1,900 bytes long. */
const DELETIONS_PER_OPERATION = 1_000;

const NOTHING: ReadonlyMap<string, string> = new Map();

/** One attempt of a transaction: writes are kept, coalesced by key, and sent when the work is done. */
export class MongoTransaction implements StoreTransaction {
  /** JSON text, or null for a deletion. */
  private readonly written = { meta: new Map(), base: new Map(), speed: new Map() } as Readonly<
    Record<StoreTable, Map<string, string | null>>
  >;
  /** Where a document that is written stands in other orders. */
  private readonly places = { meta: new Map(), base: new Map(), speed: new Map() } as Readonly<
    Record<StoreTable, Map<string, DocumentPlaces>>
  >;
  /** Whether there was a document. */
  private readonly read = { meta: new Map(), base: new Map(), speed: new Map() } as Readonly<
    Record<StoreTable, Map<string, boolean>>
  >;
  /**
   * What was read of `meta`, where a transaction asks for the same pointers again and again. It reads one snapshot, so asking
   * the server again would give the same.
   */
  private readonly known = new Map<string, string | undefined>();
  private ended = false;

  constructor(
    private readonly tables: Tables,
    private readonly session: ClientSession,
    private readonly guards: ReadGuards,
    private readonly shared: (key: string) => boolean,
  ) {}

  async get<T>(table: StoreTable, key: string): Promise<T | undefined> {
    return (await this.getMany<T>(table, [key]))[0];
  }

  async getMany<T>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]> {
    const own = this.written[table];
    const known: ReadonlyMap<string, string | undefined> = table === 'meta' ? this.known : NOTHING;
    const others = keys.filter((key) => !own.has(key) && !known.has(key));
    const found = others.length === 0 ? NOTHING : await findMany(this.tables[table], others, this.session);
    for (const key of others) {
      this.read[table].set(key, found.has(key));
      if (table === 'meta') this.known.set(key, found.get(key));
    }
    return keys.map((key) =>
      parse<T>(table, key, own.has(key) ? own.get(key) : (known.get(key) ?? found.get(key))),
    );
  }

  put(table: StoreTable, key: string, value: unknown): void {
    this.write(table, key, JSON.stringify(value));
  }

  putJson(table: StoreTable, key: string, json: string, places?: DocumentPlaces): void {
    this.write(table, key, json);
    if (places === undefined) this.places[table].delete(key);
    else this.places[table].set(key, places);
  }

  delete(table: StoreTable, key: string): void {
    this.write(table, key, null);
  }

  private write(table: StoreTable, key: string, json: string | null): void {
    if (this.ended) throw new TenonError('transaction-ended', 'The transaction has ended.');
    if (json === undefined) throw new TenonError('invalid-document', `${key}: this is no JSON value.`);
    if (!/^[\x20-\x7e]{1,1900}$/.test(key)) {
      throw new TenonError(
        'invalid-key',
        `${JSON.stringify(key)} is no key: printable ASCII, at most 1,900.`,
      );
    }
    if (json !== null) checkDocumentSize(table, key, json);
    this.written[table].set(key, json);
  }

  /** No more writes: the work is over. */
  end(): void {
    this.ended = true;
  }

  /** True if there is nothing to commit; then it need not conflict with anything either. */
  get isReadOnly(): boolean {
    return TABLES.every((table) => this.written[table].size === 0);
  }

  /** Sends the writes, and those that make conflicts of reads (see `ReadGuards`). */
  async flush(): Promise<void> {
    const { session, tables, guards } = this;
    for (const table of TABLES) {
      const operations = operationsOf(this.written[table], this.read[table], this.places[table]);
      const touched = guards.forTable(
        this.onlyRead(table).filter(([key]) => !this.isShared(table, key)),
        new ObjectId().toHexString(),
      );
      if (table === 'meta') touched.push(...this.sharedGuards());
      operations.push(...touched);
      for (let at = 0; at < operations.length; at += WRITES_PER_COMMAND) {
        await tables[table].bulkWrite(operations.slice(at, at + WRITES_PER_COMMAND), {
          session,
          ordered: touched.length > 0,
        });
      }
    }
  }

  private sharedGuards(): AnyBulkWriteOperation<StoredDocument>[] {
    const isShared = ([key]: readonly [string, unknown]) => this.shared(key);
    const read = this.onlyRead('meta').filter(isShared);
    return this.guards.forShared(
      read.map(([key]) => key),
      [...this.written.meta].filter(isShared),
    );
  }

  /** Keys with whether there was a document. */
  private onlyRead(table: StoreTable): (readonly [key: string, found: boolean])[] {
    return [...this.read[table]].filter(([key]) => !this.written[table].has(key));
  }

  private isShared(table: StoreTable, key: string): boolean {
    return table === 'meta' && this.shared(key);
  }
}

/** The fields that the indexes of orders are over. */
function ordersOf(key: string, places: DocumentPlaces | undefined): Partial<StoredDocument> {
  if (places === undefined) return {};
  const { at, heads } = places;
  const [before, after] = [key.slice(0, at), key.slice(at)];
  return Object.fromEntries(heads.map((head, order) => [ORDERS[order], before + head + after]));
}

/** @param read whether there was a document, of keys that were read */
function operationsOf(
  written: ReadonlyMap<string, string | null>,
  read: ReadonlyMap<string, boolean>,
  places: ReadonlyMap<string, DocumentPlaces>,
): AnyBulkWriteOperation<StoredDocument>[] {
  const operations: AnyBulkWriteOperation<StoredDocument>[] = [];
  const deleted: string[] = [];
  for (const [key, json] of written) {
    if (json === null) deleted.push(key);
    else {
      // MongoDB takes an insertion for half of what an upsert costs it.
      const orders = ordersOf(key, places.get(key));
      if (read.get(key) === false)
        operations.push({ insertOne: { document: { _id: key, v: json, ...orders } } });
      else
        operations.push({
          replaceOne: { filter: { _id: key }, replacement: { v: json, ...orders }, upsert: true },
        });
    }
  }
  for (let at = 0; at < deleted.length; at += DELETIONS_PER_OPERATION)
    operations.push({
      deleteMany: { filter: { _id: { $in: deleted.slice(at, at + DELETIONS_PER_OPERATION) } } },
    });
  return operations;
}
