import { setImmediate } from 'node:timers/promises';
import type { Database, RootDatabase, Transaction } from 'lmdb';
import { Unavailable } from '@tenon/errors';
import type { ScanRange, StoreEntry, StoreSnapshot, StoreTable, StoreText, TextRange } from '@tenon/ports';
import { documentOf, jsonOf } from './checked-text';

/** Documents of a scan that are decoded in one turn of the event loop: about a millisecond of it. */
const CHUNK = 500;

/** Less than this is not worth a turn of its own. */
const LEAST_CHUNK = 50;

/** Keys that are looked at in one turn where only some of them are wanted. */
const KEYS = 4000;

export type Tables = Readonly<Record<StoreTable, Database<string, string>>>;

/** Where a document stands in another order: its key with a head put in. */
export const placeOf = (key: string, at: number, head: string): string =>
  key.slice(0, at) + head + key.slice(at);

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
  readonly ordered = true;
  readonly version?: number;
  private readonly options: { readonly transaction: Transaction };

  constructor(
    private readonly tables: Tables,
    private readonly places: Tables,
    private readonly transaction: Transaction,
    version: number | null,
  ) {
    this.options = { transaction };
    if (version !== null) this.version = version;
  }

  read<T>(table: StoreTable, key: string): T | undefined {
    const text = this.tables[table].get(key, this.options);
    return text === undefined ? undefined : documentOf<T>(table, key, text);
  }

  has(table: StoreTable, key: string): boolean {
    return this.tables[table].get(key, this.options) !== undefined;
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

  async textsOf(table: StoreTable, keys: readonly string[]): Promise<(string | undefined)[]> {
    const { options } = this;
    const documents = this.tables[table];
    const found: (string | undefined)[] = [];
    for (const key of keys) {
      if (found.length > 0 && found.length % CHUNK === 0) await setImmediate();
      const text = documents.get(key, options);
      found.push(text === undefined ? undefined : jsonOf(table, key, text));
    }
    return found;
  }

  async texts(ranges: readonly TextRange[]): Promise<(readonly StoreText[])[]> {
    const found: StoreText[][] = [];
    let work = 0;
    for (const range of ranges) {
      const texts: StoreText[] = [];
      found.push(texts);
      if (range.gte >= range.lt) continue;
      for (let from: string | null = null; ;) {
        if (work >= KEYS) {
          await setImmediate();
          work = 0;
        }
        const step = this.step(range, from, texts);
        work += step.seen * (range.matching === undefined ? 8 : 1);
        if (step.last === null) break;
        from = step.last;
      }
    }
    return found;
  }

  /** Some more texts of a range. @returns how many keys were seen, and the last of them where there may be more to see */
  private step(
    { table, gte, lt, reverse = false, limit, matching, under }: TextRange,
    from: string | null,
    texts: StoreText[],
  ): { readonly seen: number; readonly last: string | null } {
    const documents = this.tables[table];
    const { options, transaction } = this;
    const inOrder = (key: string) => (under === undefined ? key : placeOf(key, under.at, under.head));
    const wanted = matching === undefined ? null : new RegExp(`^(?:${matching})`);
    const most = wanted === null ? Math.min(CHUNK, limit - texts.length) : KEYS;
    const range: Range = {
      start: inOrder(from ?? (reverse ? lt : gte)),
      end: inOrder(reverse ? gte : lt),
      limit: most,
      reverse,
      exclusiveStart: from !== null || reverse,
      inclusiveEnd: reverse,
      transaction,
    };
    let seen = 0;
    let last = '';
    let broke = false;
    if (under === undefined && wanted === null) {
      for (const { key, value } of documents.getRange(range)) {
        texts.push({ key, json: jsonOf(table, key, value) });
        seen += 1;
        last = key;
      }
    } else {
      const keys: string[] = [];
      const room = limit - texts.length;
      const after = (under?.at ?? 0) + (under?.head.length ?? 0);
      for (const place of (under === undefined ? documents : this.places[table]).getKeys(range)) {
        seen += 1;
        last = under === undefined ? place : place.slice(0, under.at) + place.slice(after);
        if (wanted === null || wanted.test(last)) keys.push(last);
        if (keys.length === room) {
          broke = true;
          break;
        }
      }
      for (const key of keys) {
        const text = documents.get(key, options);
        // A place may have outlived its document.
        if (text !== undefined) texts.push({ key, json: jsonOf(table, key, text) });
      }
    }
    // With the documents missing, fewer keys than asked for may have been seen, and more may be there all the same.
    const isOver = texts.length >= limit || (seen < most && !broke);
    return { seen, last: isOver ? null : last };
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
  /** Counts commits; null: taken while one is under way, so that it may be from before it or after it. */
  readonly version: number | null;
  users: number;
}

/**
 * Read transactions, one for all the snapshots between two commits: lmdb has a bounded number of them. One that is held
 * long keeps its pages from being used again, and the file grows meanwhile; nothing else.
 */
export class SnapshotPool {
  private current: SharedSnapshot | null = null;
  private version = 0;
  private committing = false;
  private readonly held = new Set<SharedSnapshot>();
  private waiting: (() => void)[] = [];

  constructor(private readonly root: RootDatabase<string, string>) {}

  take(): SharedSnapshot {
    if (this.current === null) {
      const version = this.committing ? null : this.version;
      this.current = { transaction: this.begin(), version, users: 0 };
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

  /** Before a commit. */
  commits(): void {
    this.committing = true;
  }

  /** After a commit: whoever comes now sees it. */
  renew(): void {
    this.committing = false;
    this.version += 1;
    this.current = null;
  }

  /** Resolves when no snapshot is held. */
  idle(): Promise<void> {
    return this.held.size === 0 ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }
}
