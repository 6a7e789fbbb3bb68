import { setImmediate } from 'node:timers/promises';
import type { Database, Transaction } from 'lmdb';
import type { ScanRange, StoreEntry, StoreSnapshot, StoreTable, StoreText, TextRange } from '@tenon/ports';
import { documentOf } from './checked-text';

/** Documents of a scan that are decoded in one turn of the event loop: about a millisecond of it. */
const CHUNK = 500;

/** Less than this is not worth a turn of its own. */
const LEAST_CHUNK = 50;

/** Keys that are looked at in one turn where only some of them are wanted. */
const KEYS = 4000;

/** What is read by `texts` in one turn, in keys; a document counts as eight. */
const TURN = 4 * KEYS;

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

/** How many keys were seen, and the last of them where there may be more to see. */
interface Step {
  readonly seen: number;
  readonly last: string | null;
}

/** Reads within one read transaction of lmdb. */
export class LmdbSnapshot implements StoreSnapshot {
  readonly ordered = true;
  readonly version?: number;
  private readonly options: { readonly transaction: Transaction };
  /** What `texts` has read since it last gave others a turn, in keys: a consumer of large views asks again and again. */
  private work = 0;

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
      found.push(documents.get(key, options));
    }
    return found;
  }

  parse<T>(table: StoreTable, key: string, text: string): T {
    return documentOf<T>(table, key, text);
  }

  async texts(ranges: readonly TextRange[]): Promise<(readonly StoreText[])[]> {
    const found: StoreText[][] = [];
    for (const range of ranges) {
      const texts: StoreText[] = [];
      found.push(texts);
      if (range.gte >= range.lt) continue;
      for (let from: string | null = null; ;) {
        if (this.work >= TURN) {
          await setImmediate();
          this.work = 0;
        }
        const step: Step =
          range.under === undefined && range.matching === undefined
            ? this.next(range, from, texts)
            : this.nextOf(range, from, texts);
        this.work += step.seen * (range.matching === undefined ? 8 : 1);
        if (step.last === null) break;
        from = step.last;
      }
    }
    return found;
  }

  /** Some more texts of a range that all of its keys are asked for of. */
  private next(
    { table, gte, lt, reverse = false, limit }: TextRange,
    from: string | null,
    texts: StoreText[],
  ) {
    const most = Math.min(CHUNK, limit - texts.length);
    let seen = 0;
    for (const { key, value } of this.tables[table].getRange(
      this.bounds(from ?? (reverse ? lt : gte), reverse ? gte : lt, reverse, from !== null, most),
    )) {
      texts.push({ key, text: value });
      seen += 1;
    }
    const isOver = texts.length >= limit || seen < most;
    return { seen, last: isOver ? null : (texts.at(-1) as StoreText).key };
  }

  /** The same where they stand under a head, or have to match. */
  private nextOf(
    { table, gte, lt, reverse = false, limit, matching, under }: TextRange,
    from: string | null,
    texts: StoreText[],
  ): Step {
    const documents = this.tables[table];
    const { options } = this;
    const wanted = matching === undefined ? null : new RegExp(`^(?:${matching})`);
    const room = limit - texts.length;
    const most = wanted === null ? Math.min(CHUNK, room) : KEYS;
    let start = from ?? (reverse ? lt : gte);
    let end = reverse ? gte : lt;
    let before = 0;
    let after = 0;
    if (under !== undefined) {
      before = under.at;
      after = before + under.head.length;
      start = placeOf(start, before, under.head);
      end = placeOf(end, before, under.head);
    }
    let seen = 0;
    let last = '';
    let broke = false;
    const keys: string[] = [];
    for (const place of (under === undefined ? documents : this.places[table]).getKeys(
      this.bounds(start, end, reverse, from !== null, most),
    )) {
      seen += 1;
      last = under === undefined ? place : place.slice(0, before) + place.slice(after);
      if (wanted === null || wanted.test(last)) keys.push(last);
      if (keys.length === room) {
        broke = true;
        break;
      }
    }
    for (const key of keys) {
      const text = documents.get(key, options);
      // A place may have outlived its document.
      if (text !== undefined) texts.push({ key, text });
    }
    // With the documents missing, fewer keys than asked for may have been seen, and more may be there all the same.
    const isOver = texts.length >= limit || (seen < most && !broke);
    return { seen, last: isOver ? null : last };
  }

  private bounds(start: string, end: string, reverse: boolean, goesOn: boolean, limit: number): Range {
    const exclusiveStart = goesOn || reverse;
    return {
      start,
      end,
      limit,
      reverse,
      exclusiveStart,
      inclusiveEnd: reverse,
      transaction: this.transaction,
    };
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
