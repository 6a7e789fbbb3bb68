import { setImmediate } from 'node:timers/promises';
import type { Database, RootDatabase, Transaction } from 'lmdb';
import { Unavailable } from '@tenon/errors';
import type { ScanRange, StoreEntry, StoreSnapshot, StoreTable } from '@tenon/ports';
import { documentOf } from './checked-text';

/** Documents of a scan that are decoded in one turn of the event loop: about a millisecond of it. */
const CHUNK = 500;

/** Less than this is not worth a turn of its own. */
const LEAST_CHUNK = 50;

/** Keys that are looked at in one turn where only some of them are wanted. */
const KEYS = 4000;

/** lmdb-js takes these too; its types don't say so. */
interface Range {
  readonly start: string;
  readonly end: string;
  readonly limit: number;
  readonly reverse: boolean;
  readonly exclusiveStart: boolean;
  readonly inclusiveEnd: boolean;
  readonly transaction: Transaction;
}

/** Reads within one read transaction of lmdb. */
export class LmdbSnapshot implements StoreSnapshot {
  constructor(
    private readonly tables: Readonly<Record<StoreTable, Database<string, string>>>,
    private readonly transaction: Transaction,
  ) {}

  read<T>(table: StoreTable, key: string): T | undefined {
    const text = this.tables[table].get(key, this.options);
    return text === undefined ? undefined : documentOf<T>(table, key, text);
  }

  private get options() {
    return { transaction: this.transaction };
  }

  async get<T>(table: StoreTable, key: string): Promise<T | undefined> {
    return this.read<T>(table, key);
  }

  async getMany<T>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]> {
    const found: (T | undefined)[] = [];
    for (const key of keys) {
      if (found.length > 0 && found.length % CHUNK === 0) await setImmediate();
      found.push(this.read<T>(table, key));
    }
    return found;
  }

  async *scan<T>(table: StoreTable, range: ScanRange): AsyncIterable<readonly StoreEntry<T>[]> {
    const { and, reverse = false, limit = Infinity } = range;
    const value = and === undefined ? undefined : this.read<T>(table, and);
    if (and === undefined || value === undefined) return yield* this.inside<T>(table, range);
    let left = limit;
    if (!reverse && left-- > 0) yield [{ key: and, value }];
    for await (const chunk of this.inside<T>(table, { ...range, ...(left < Infinity && { limit: left }) })) {
      left -= chunk.length;
      yield chunk;
    }
    if (reverse && left > 0) yield [{ key: and, value }];
  }

  private async *inside<T>(table: StoreTable, range: ScanRange): AsyncGenerator<readonly StoreEntry<T>[]> {
    const { gte, lt, reverse = false, expected = CHUNK } = range;
    const most = Math.min(CHUNK, Math.max(LEAST_CHUNK, expected));
    if (gte >= lt) return;
    const matching = range.matching === undefined ? null : new RegExp(`^(?:${range.matching})`);
    let left = range.limit ?? Number.MAX_SAFE_INTEGER;
    let start = reverse ? lt : gte;
    // In key order the first key counts and the last does not; backwards it is the other way round.
    let exclusiveStart = reverse;
    while (left > 0) {
      const limit = matching === null ? Math.min(left, most) : KEYS;
      const end = reverse ? gte : lt;
      const bounds = { start, end, limit, reverse, exclusiveStart, inclusiveEnd: reverse };
      const read = { ...bounds, transaction: this.transaction };
      const chunk =
        matching === null ? this.chunk<T>(table, read) : this.matches<T>(table, read, matching, left);
      if (chunk.entries.length > 0) yield chunk.entries;
      left -= chunk.entries.length;
      if (chunk.last === undefined || chunk.seen < limit) return;
      start = chunk.last;
      exclusiveStart = true;
      await setImmediate();
    }
  }

  /** No cursor stays open between chunks: closing a transaction below one would end the process. */
  private chunk<T>(table: StoreTable, range: Range): Chunk<T> {
    const entries: StoreEntry<T>[] = [];
    for (const { key, value } of this.tables[table].getRange(range)) {
      entries.push({ key, value: documentOf<T>(table, key, value) });
    }
    return { entries, seen: entries.length, last: entries.at(-1)?.key };
  }

  /** Goes through the keys alone, and reads the documents of those that match. */
  private matches<T>(table: StoreTable, range: Range, matching: RegExp, most: number): Chunk<T> {
    const keys: string[] = [];
    let seen = 0;
    let last: string | undefined;
    for (const key of this.tables[table].getKeys(range)) {
      seen += 1;
      last = key;
      if (matching.test(key) && keys.push(key) === most) break;
    }
    const entries = keys.flatMap((key) => {
      const value = this.read<T>(table, key);
      return value === undefined ? [] : [{ key, value }];
    });
    // Enough were found: nothing is left to be read, so it does not matter that the range was left early.
    return { entries, seen, last };
  }
}

/** Some entries, how many keys were seen for them, and the last of those. */
interface Chunk<T> {
  readonly entries: StoreEntry<T>[];
  readonly seen: number;
  readonly last: string | undefined;
}

export interface SharedSnapshot {
  readonly transaction: Transaction;
  users: number;
}

/**
 * Read transactions, one for all the snapshots between two commits: lmdb has a bounded number of them. One that is held
 * long keeps its pages from being used again, and the file grows meanwhile; nothing else.
 */
export class SnapshotPool {
  private current: SharedSnapshot | null = null;
  private readonly held = new Set<SharedSnapshot>();
  private waiting: (() => void)[] = [];

  constructor(private readonly root: RootDatabase<string, string>) {}

  take(): SharedSnapshot {
    if (this.current === null) {
      this.current = { transaction: this.begin(), users: 0 };
      this.held.add(this.current);
    }
    this.current.users++;
    return this.current;
  }

  private begin(): Transaction {
    try {
      // lmdb-js keeps one for the rest of the turn: it may be from before the latest commit.
      this.root.resetReadTxn();
      return this.root.useReadTransaction();
    } catch (error) {
      throw new Unavailable('The product store could not be read.', error);
    }
  }

  release(snapshot: SharedSnapshot): void {
    if (--snapshot.users > 0) return;
    if (this.current === snapshot) this.current = null;
    this.held.delete(snapshot);
    snapshot.transaction.done();
    if (this.held.size > 0) return;
    for (const resolve of this.waiting) resolve();
    this.waiting = [];
  }

  /** After a commit: whoever comes now sees it. */
  renew(): void {
    this.current = null;
  }

  /** Resolves when no snapshot is held. */
  idle(): Promise<void> {
    return this.held.size === 0 ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }
}
