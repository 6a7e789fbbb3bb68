import type { ClientSession, Collection, FindCursor } from 'mongodb';
import { parseDocument } from '@tenon/contracts';
import type { ScanRange, StoreEntry, StoreSnapshot, StoreTable, StoreText, TextRange } from '@tenon/ports';
import { toTenonError } from './errors';
import type { StoredDocument, Tables } from './tables';
import { ORDERS, findMany, orderIndex } from './tables';

const CHUNK = 1_000;

/** Less than this is not worth a turn of its own. */
const LEAST_CHUNK = 100;

/** Reads in a snapshot session: all at the cluster time of the first one. */
export class MongoSnapshot implements StoreSnapshot {
  constructor(
    private readonly tables: Tables,
    private readonly session: ClientSession,
    readonly ordered: boolean,
  ) {}

  async get<T>(table: StoreTable, key: string): Promise<T | undefined> {
    return (await this.getMany<T>(table, [key]))[0];
  }

  async getMany<T>(table: StoreTable, keys: readonly string[]): Promise<(T | undefined)[]> {
    try {
      const found = await findMany(this.tables[table], keys, this.session);
      return keys.map((key) => parse<T>(table, key, found.get(key)));
    } catch (error) {
      throw toTenonError(error);
    }
  }

  async textsOf(table: StoreTable, keys: readonly string[]): Promise<(string | undefined)[]> {
    if (keys.length === 0) return [];
    try {
      const found = await findMany(this.tables[table], keys, this.session);
      return keys.map((key) => found.get(key));
    } catch (error) {
      throw toTenonError(error);
    }
  }

  async texts(ranges: readonly TextRange[]): Promise<(readonly StoreText[])[]> {
    try {
      // The driver sends what one session asks for at once over connections of their own.
      return await Promise.all(ranges.map((range) => this.textsIn(range)));
    } catch (error) {
      throw toTenonError(error);
    }
  }

  private async textsIn(range: TextRange): Promise<StoreText[]> {
    if (range.gte >= range.lt) return [];
    const cursor = documentsIn(this.tables[range.table], range, this.session);
    return (await cursor.toArray()).map(({ _id, v }) => ({ key: _id, text: v }));
  }

  parse<T>(table: StoreTable, key: string, text: string): T {
    return parseDocument<T>(table, key, text);
  }

  async *scan<T>(table: StoreTable, range: ScanRange): AsyncIterable<readonly StoreEntry<T>[]> {
    const { gte, lt, limit, reverse, matching, and, expected = CHUNK } = range;
    const inside = { $gte: gte, $lt: lt, ...(matching !== undefined && { $regex: `^(?:${matching})` }) };
    const cursor = this.tables[table].find(
      and === undefined ? { _id: inside } : { $or: [{ _id: and }, { _id: inside }] },
      {
        session: this.session,
        sort: { _id: reverse ? -1 : 1 },
        batchSize: Math.min(CHUNK, Math.max(LEAST_CHUNK, expected)),
        projection: { v: 1 },
        ...(limit !== undefined && { limit }),
      },
    );
    try {
      while (await cursor.hasNext()) {
        yield cursor.readBufferedDocuments().map((document) => toEntry<T>(table, document));
      }
    } catch (error) {
      throw toTenonError(error);
    } finally {
      await cursor.close().catch(() => undefined);
    }
  }
}

/** What a range asks for, along the index of its order. */
export function documentsIn(
  documents: Collection<StoredDocument>,
  { gte, lt, reverse = false, limit, matching, under }: Omit<TextRange, 'table'>,
  session?: ClientSession,
): FindCursor<StoredDocument> {
  const field = under === undefined ? '_id' : (ORDERS[under.order] as string);
  const place = (key: string) =>
    under === undefined ? key : key.slice(0, under.at) + under.head + key.slice(under.at);
  const wanted = matching === undefined ? {} : { $regex: `^(?:${matching})` };
  const bounds = { $gte: place(gte), $lt: place(lt), ...(under === undefined && wanted) };
  return documents.find(
    { [field]: bounds, ...(under !== undefined && matching !== undefined && { _id: wanted }) },
    {
      ...(session && { session }),
      sort: { [field]: reverse ? -1 : 1 },
      batchSize: limit + 1,
      projection: { v: 1 },
      limit,
      // The planner may take the keys' own index for a pattern, and go through all of them.
      ...(under !== undefined && { hint: orderIndex(under.order) }),
    },
  );
}

/** @throws DamagedDocument */
export function parse<T>(table: StoreTable, key: string, json: string | null | undefined): T | undefined {
  return json === undefined || json === null ? undefined : parseDocument<T>(table, key, json);
}

const toEntry = <T>(table: StoreTable, { _id, v }: StoredDocument): StoreEntry<T> => ({
  key: _id,
  value: parseDocument<T>(table, _id, v),
});
