/**
 * Where products land: ordered tables of documents, with transactions and snapshots. What Tenon needs of MongoDB, and
 * what lmdb gives in one process. Keys are ASCII strings in byte order, at most 1,900 bytes; documents are JSON values.
 */
import type { Value } from '@tenon/domain';

export type StoreTable = 'meta' | 'base' | 'speed';

export interface StoreEntry<T> {
  readonly key: string;
  readonly value: T;
}

export interface ScanRange {
  readonly gte: string;
  readonly lt: string;
  /** A key before the range that is to come with it, first (backwards: last). */
  readonly and?: string;
  readonly limit?: number;
  readonly reverse?: boolean;
  /** The source of a regular expression that a key must match from its beginning, tested before documents are read. */
  readonly matching?: string;
  /** About so many entries will be asked for, where that is known: chunks need not be much larger. */
  readonly expected?: number;
}

/**
 * A document may stand in other orders than that of its keys. In order n it stands under its key with a head put in: the first
 * `at` characters, `heads[n]`, and the rest. So all documents of one head are found together, in the order of their keys, and
 * nothing else is read for it.
 */
export interface DocumentPlaces {
  readonly at: number;
  /** Of each order its head, of at most 200 printable ASCII characters. At most four. */
  readonly heads: readonly string[];
  /** Whether the document stands there already, under this key and these heads. Absent: the store finds out. */
  readonly stands?: boolean;
}

/** Documents as the texts that stand in the store, up to a number, by their own keys. */
export interface TextRange {
  readonly table: StoreTable;
  readonly gte: string;
  readonly lt: string;
  readonly reverse?: boolean;
  readonly limit: number;
  /** As for a scan, over keys without heads. */
  readonly matching?: string;
  /** Only documents that stand under a head. `gte` and `lt` begin with the same `at` characters. */
  readonly under?: { readonly order: number; readonly at: number; readonly head: string };
}

/** A document as it stands in a store: `StoreSnapshot.parse` reads it. Equal texts are equal documents. */
export interface StoreText {
  readonly key: string;
  readonly text: string;
}

/** Reads of one instant: nothing that commits later is seen, however long it is held. */
export interface StoreSnapshot {
  get<T = Value>(table: StoreTable, key: string): Promise<T | undefined>;
  /** In the order of `keys`; undefined where there is none. */
  getMany<T = Value>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]>;
  /** In key order, in chunks, so that a consumer may stop early. */
  scan<T = Value>(table: StoreTable, range: ScanRange): AsyncIterable<readonly StoreEntry<T>[]>;
  /** As they stand, in the order of `keys`; undefined where there is none. */
  textsOf(table: StoreTable, keys: readonly string[]): Promise<(string | undefined)[]>;
  /** Of each range its first documents, in key order; fewer than `limit` where there are no more. */
  texts(ranges: readonly TextRange[]): Promise<(readonly StoreText[])[]>;
  /**
   * The document of a text that `texts` or `textsOf` gave: what it costs to check it is spent on those that are read.
   *
   * @throws DamagedDocument
   */
  parse<T = Value>(table: StoreTable, key: string, text: string): T;
  /** False while the store makes its orders ready: `under` is not to be asked for. */
  readonly ordered: boolean;
  /** Equal numbers of one store: nothing was written in between. Absent where the store can't tell. */
  readonly version?: number;
}

/** Reads see the transaction's own writes; if anything read by `get` or `getMany` changes before commit, it is retried. */
export interface StoreTransaction {
  get<T = Value>(table: StoreTable, key: string): Promise<T | undefined>;
  getMany<T = Value>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]>;
  put(table: StoreTable, key: string, value: unknown): void;
  /** The same with a document that is JSON text already, which is stored as it is: the caller vouches for it. */
  putJson(table: StoreTable, key: string, json: string, places?: DocumentPlaces): void;
  /** @param places where it stands, else its places stay, of which nothing is found any more */
  delete(table: StoreTable, key: string, places?: DocumentPlaces): void;
}

export interface ProductStore {
  /**
   * Runs `work` and commits all its writes at once and durably, or none of them. `work` may run more than once: it must
   * have no effect but its writes and its result.
   */
  transact<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  snapshot<T>(read: (snapshot: StoreSnapshot) => Promise<T>): Promise<T>;
  /** The `version` of a snapshot that would be begun now; undefined where that is not known at once. Absent where it never is. */
  versionNow?(): number | undefined;
  close(): Promise<void>;
}
