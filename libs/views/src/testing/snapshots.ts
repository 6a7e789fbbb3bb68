/** For this library's specs: stores of which a spec says what stands in them. */
import type {
  ProductStore,
  ScanRange,
  StoreEntry,
  StoreSnapshot,
  StoreTable,
  StoreText,
  TextRange,
} from '@tenon/ports';

export type Documents = Readonly<Partial<Record<StoreTable, Readonly<Record<string, unknown>>>>>;

/** Small, so that specs see chunks end. */
const CHUNK = 2;

class DocumentsSnapshot implements StoreSnapshot {
  constructor(
    private readonly documents: Documents,
    private readonly scans: Scans,
    /** The heads that a document of a key stands under. */
    private readonly placesOf: ((key: string) => readonly string[]) | undefined,
  ) {}

  get ordered(): boolean {
    return this.placesOf !== undefined;
  }

  textsOf = async (table: StoreTable, keys: readonly string[]): Promise<(string | undefined)[]> => {
    this.scans.texts += keys.length;
    return keys.map((key) => {
      const value = this.documents[table]?.[key];
      return value === undefined ? undefined : JSON.stringify(value);
    });
  };

  texts = async (ranges: readonly TextRange[]): Promise<StoreText[][]> =>
    ranges.map(({ table, gte, lt, reverse = false, limit, matching, under }) => {
      const wanted = new RegExp(`^(?:${matching ?? ''})`);
      const stands = (key: string) => under === undefined || this.placesOf?.(key)[under.order] === under.head;
      const texts = Object.entries(this.documents[table] ?? {})
        .filter(([key]) => key >= gte && key < lt && wanted.test(key) && stands(key))
        .sort(([a], [b]) => (a < b ? -1 : 1) * (reverse ? -1 : 1))
        .slice(0, limit)
        .map(([key, value]) => ({ key, text: JSON.stringify(value) }));
      this.scans.texts += texts.length;
      return texts;
    });

  parse = <T>(_table: StoreTable, _key: string, text: string): T => JSON.parse(text) as T;

  get = async <T>(table: StoreTable, key: string): Promise<T | undefined> =>
    this.documents[table]?.[key] as T | undefined;

  getMany = <T>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]> =>
    Promise.all(keys.map((key) => this.get<T>(table, key)));

  async *scan<T>(table: StoreTable, range: ScanRange): AsyncIterable<readonly StoreEntry<T>[]> {
    const { gte, lt, and, reverse = false, matching } = range;
    const wanted = new RegExp(`^(?:${matching ?? ''})`);
    const entries = Object.entries(this.documents[table] ?? {})
      .filter(([key]) => key === and || (key >= gte && key < lt && wanted.test(key)))
      .sort(([a], [b]) => (a < b ? -1 : 1) * (reverse ? -1 : 1))
      .map(([key, value]) => ({ key, value: value as T }));
    this.scans.open += 1;
    this.scans.ranges.push(range);
    try {
      for (let at = 0; at < entries.length; at += CHUNK) yield entries.slice(at, at + CHUNK);
    } finally {
      this.scans.open -= 1;
    }
  }
}

/** What has been scanned, and how many scans are still under way. */
export interface Scans {
  open: number;
  readonly ranges: ScanRange[];
  /** Documents that were given as texts. */
  texts: number;
}

export interface StoreOfSpec extends Pick<ProductStore, 'snapshot'> {
  /** What the next snapshot sees. */
  documents: Documents;
  readonly scans: Scans;
  /** Snapshots that are held now. */
  held: number;
}

export function storeWith(documents: Documents, placesOf?: (key: string) => readonly string[]): StoreOfSpec {
  const store: StoreOfSpec = {
    ...{ documents, scans: { open: 0, ranges: [], texts: 0 }, held: 0 },
    snapshot: async (read) => {
      store.held += 1;
      try {
        return await read(new DocumentsSnapshot(store.documents, store.scans, placesOf));
      } finally {
        store.held -= 1;
      }
    },
  };
  return store;
}
