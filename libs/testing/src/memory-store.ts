/**
 * A store in memory that can fail. Transactions run side by side, as on a server: one whose reads have changed before its
 * commit runs again.
 */
import { TenonError } from '@tenon/errors';
import type {
  DocumentPlaces,
  ProductStore,
  ScanRange,
  StoreEntry,
  StoreSnapshot,
  StoreTable,
  StoreText,
  StoreTransaction,
  TextRange,
} from '@tenon/ports';

type Tables = Readonly<Record<StoreTable, ReadonlyMap<string, string>>>;
/** Table and key → the heads that a document stands under. */
type Places = ReadonlyMap<string, DocumentPlaces>;

const placeKey = (table: StoreTable, key: string) => `${table} ${key}`;

const TABLES: readonly StoreTable[] = ['meta', 'base', 'speed'];
const KEY = /^[\x20-\x7e]{1,1900}$/;
/** Small, so that specs see chunks end. */
const CHUNK = 3;

export class MemoryStore implements ProductStore {
  private tables: Tables = { meta: new Map(), base: new Map(), speed: new Map() };
  private places: Places = new Map();
  /** How many transactions have committed that wrote something. */
  commits = 0;
  /** Throw from here to make a transaction fail with some of its writes made. */
  beforeWrite: (table: StoreTable, key: string) => void = () => undefined;
  /** Throw from here to make a commit fail; write from here to be quicker than it. */
  beforeCommit: () => void | Promise<void> = () => undefined;

  async transact<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    for (;;) {
      const tx = new MemoryTransaction(this.tables, (table, key) => this.beforeWrite(table, key));
      const result = await work(tx);
      await this.beforeCommit();
      if (tx.isOverrun(this.tables)) continue;
      if (tx.written.length > 0) this.commits += 1;
      this.tables = tx.over(this.tables);
      this.places = tx.placesOver(this.places);
      return result;
    }
  }

  async snapshot<T>(read: (snapshot: StoreSnapshot) => Promise<T>): Promise<T> {
    return read(new MemorySnapshot(this.tables, this.places));
  }

  close = async (): Promise<void> => undefined;

  /** The texts that stand in a table, by their keys in order. */
  texts(table: StoreTable): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.tables[table]].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The heads that a document stands under. */
  heads(table: StoreTable, key: string): readonly string[] {
    return this.places.get(placeKey(table, key))?.heads ?? [];
  }

  keys(table: StoreTable): string[] {
    return Object.keys(this.texts(table));
  }

  get<T>(table: StoreTable, key: string): T | undefined {
    const text = this.tables[table].get(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  put(table: StoreTable, key: string, value: unknown): Promise<void> {
    return this.transact(async (tx) => tx.put(table, key, value));
  }
}

class MemorySnapshot implements StoreSnapshot {
  readonly ordered = true;

  constructor(
    private readonly tables: Tables,
    private readonly places: Places,
  ) {}

  textsOf = async (table: StoreTable, keys: readonly string[]): Promise<(string | undefined)[]> =>
    keys.map((key) => this.tables[table].get(key));

  texts = async (ranges: readonly TextRange[]): Promise<StoreText[][]> =>
    ranges.map(({ table, gte, lt, reverse = false, limit, matching, under }) => {
      const wanted = new RegExp(`^(?:${matching ?? ''})`);
      const stands = (key: string) =>
        under === undefined || this.places.get(placeKey(table, key))?.heads[under.order] === under.head;
      const texts = [...this.tables[table]]
        .filter(([key]) => key >= gte && key < lt && wanted.test(key) && stands(key))
        .map(([key, text]) => ({ key, text }))
        .sort((a, b) => (a.key < b.key ? -1 : 1));
      return (reverse ? texts.reverse() : texts).slice(0, limit);
    });

  parse<T>(_table: StoreTable, _key: string, text: string): T {
    return JSON.parse(text) as T;
  }

  async get<T>(table: StoreTable, key: string): Promise<T | undefined> {
    const text = this.tables[table].get(key);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  }

  getMany<T>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]> {
    return Promise.all(keys.map((key) => this.get<T>(table, key)));
  }

  async *scan<T>(table: StoreTable, range: ScanRange): AsyncIterable<readonly StoreEntry<T>[]> {
    const { gte, lt, and, limit = Infinity, reverse = false, matching } = range;
    const wanted = new RegExp(`^(?:${matching ?? ''})`);
    const keys = [...this.tables[table].keys()]
      .filter((key) => key === and || (key >= gte && key < lt && wanted.test(key)))
      .sort();
    if (reverse) keys.reverse();
    const entries = keys
      .slice(0, limit)
      .map((key) => ({ key, value: JSON.parse(this.tables[table].get(key) as string) as T }));
    for (let at = 0; at < entries.length; at += CHUNK) yield entries.slice(at, at + CHUNK);
  }
}

class MemoryTransaction implements StoreTransaction {
  readonly written: {
    readonly table: StoreTable;
    readonly key: string;
    readonly text: string | null;
    readonly places?: DocumentPlaces | undefined;
  }[] = [];
  private readonly read: { readonly table: StoreTable; readonly key: string }[] = [];

  constructor(
    private readonly before: Tables,
    private readonly beforeWrite: (table: StoreTable, key: string) => void,
  ) {}

  async get<T>(table: StoreTable, key: string): Promise<T | undefined> {
    this.read.push({ table, key });
    const own = this.written.findLast((one) => one.table === table && one.key === key);
    const text = own === undefined ? this.before[table].get(key) : own.text;
    return text === undefined || text === null ? undefined : (JSON.parse(text) as T);
  }

  getMany<T>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]> {
    return Promise.all(keys.map((key) => this.get<T>(table, key)));
  }

  put(table: StoreTable, key: string, value: unknown): void {
    this.write(table, key, JSON.stringify(value));
  }

  putJson(table: StoreTable, key: string, json: string, places?: DocumentPlaces): void {
    JSON.parse(json);
    this.write(table, key, json, places);
  }

  delete(table: StoreTable, key: string): void {
    this.write(table, key, null);
  }

  private write(table: StoreTable, key: string, text: string | null, places?: DocumentPlaces): void {
    if (!KEY.test(key)) throw new TenonError('invalid-key', key);
    this.beforeWrite(table, key);
    this.written.push({ table, key, text, places });
  }

  /** Something that it has read is not so any more. */
  isOverrun(now: Tables): boolean {
    return this.read.some(({ table, key }) => this.before[table].get(key) !== now[table].get(key));
  }

  /** As lmdb has it: what was said to stand there already is taken at its word. */
  placesOver(now: Places): Places {
    const all = new Map(now);
    for (const { table, key, text, places } of this.written) {
      if (places === undefined) continue;
      if (text === null) all.delete(placeKey(table, key));
      else if (!(places.stands ?? this.before[table].has(key))) all.set(placeKey(table, key), places);
    }
    return all;
  }

  over(now: Tables): Tables {
    const tables = Object.fromEntries(TABLES.map((table) => [table, new Map(now[table])]));
    for (const { table, key, text } of this.written) {
      if (text === null) tables[table]?.delete(key);
      else tables[table]?.set(key, text);
    }
    return tables as unknown as Tables;
  }
}
