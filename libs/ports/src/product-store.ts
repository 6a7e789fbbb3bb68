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

/** Reads of one instant: nothing that commits later is seen, however long it is held. */
export interface StoreSnapshot {
  get<T = Value>(table: StoreTable, key: string): Promise<T | undefined>;
  /** In the order of `keys`; undefined where there is none. */
  getMany<T = Value>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]>;
  /** In key order, in chunks, so that a consumer may stop early. */
  scan<T = Value>(table: StoreTable, range: ScanRange): AsyncIterable<readonly StoreEntry<T>[]>;
}

/** Reads see the transaction's own writes; if anything read by `get` or `getMany` changes before commit, it is retried. */
export interface StoreTransaction {
  get<T = Value>(table: StoreTable, key: string): Promise<T | undefined>;
  getMany<T = Value>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]>;
  put(table: StoreTable, key: string, value: unknown): void;
  /** The same with a document that is JSON text already, which is stored as it is: the caller vouches for it. */
  putJson(table: StoreTable, key: string, json: string): void;
  delete(table: StoreTable, key: string): void;
}

export interface ProductStore {
  /**
   * Runs `work` and commits all its writes at once and durably, or none of them. `work` may run more than once: it must
   * have no effect but its writes and its result.
   */
  transact<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T>;
  snapshot<T>(read: (snapshot: StoreSnapshot) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
