import type { ClientSession, Collection, Db } from 'mongodb';
import { TenonError } from '@tenon/errors';
import type { StoreTable } from '@tenon/ports';

export const TABLES: readonly StoreTable[] = ['meta', 'base', 'speed'];

/**
 * A document as MongoDB holds it. The value is JSON text: it comes back exactly (numbers, names with `$` and `.`, the
 * order of names), and costs less than BSON for what states are, nested arrays.
 */
export interface StoredDocument {
  readonly _id: string;
  readonly v: string;
  /** Where it stands in each other order: its key with a head put in. */
  readonly o0?: string;
  readonly o1?: string;
  readonly o2?: string;
  readonly o3?: string;
  /** Set by a transaction that has read the document, so that it conflicts with one that writes it. */
  readonly r?: string;
  /** Of a guard alone (see `ReadGuards`), which has no value. */
  readonly t?: number;
}

export type Tables = Readonly<Record<StoreTable, Collection<StoredDocument>>>;

export function tablesOf(db: Db): Tables {
  const options = { promoteValues: true } as const;
  return {
    meta: db.collection<StoredDocument>('meta', options),
    base: db.collection<StoredDocument>('base', options),
    speed: db.collection<StoredDocument>('speed', options),
  };
}

const NAMESPACE_EXISTS = 48;

/** Made beforehand: a transaction that makes a collection conflicts with every other one. */
export async function ensureTables(db: Db): Promise<void> {
  for (const name of TABLES) {
    await db.createCollection(name).catch((error: { code?: unknown }) => {
      if (error.code !== NAMESPACE_EXISTS) throw error;
    });
  }
  const made = await db.listCollections({ name: { $in: [...TABLES] } }).toArray();
  const collated = made.find(
    (one) => (one as { options?: { collation?: object } }).options?.collation !== undefined,
  );
  if (collated !== undefined) {
    throw new TenonError(
      'store-collation',
      `Collection ${collated.name} has a collation; keys must be in byte order.`,
      {
        hint: 'Use a database of its own for Tenon, and let Tenon make its collections.',
      },
    );
  }
}

/** The fields of orders, each with an index of its own: no index over several would give one order sorted. */
export const ORDERS = ['o0', 'o1', 'o2', 'o3'] as const;
export const orderIndex = (order: number): string => `tenon_${ORDERS[order]}`;
const ORDERED_TABLES = ['base', 'speed'] as const;

/**
 * Makes the indexes of orders where they are missing. A server builds them beside its other work, which on a large store takes
 * minutes; until then no order is to be asked for.
 */
export async function ensureOrders(tables: Tables): Promise<void> {
  for (const table of ORDERED_TABLES)
    await tables[table].createIndexes(
      ORDERS.map((field, order) => ({ key: { [field]: 1 }, name: orderIndex(order), sparse: true })),
    );
}

const KEYS_PER_QUERY = 5_000;

/** @returns the JSON texts that there are */
export async function findMany(
  collection: Collection<StoredDocument>,
  keys: readonly string[],
  session: ClientSession,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let at = 0; at < keys.length; at += KEYS_PER_QUERY) {
    const some = keys.slice(at, at + KEYS_PER_QUERY);
    const cursor = collection.find(some.length === 1 ? { _id: some[0] as string } : { _id: { $in: some } }, {
      session,
      batchSize: some.length + 1,
      projection: { v: 1 },
    });
    for (const { _id, v } of await cursor.toArray()) found.set(_id, v);
  }
  return found;
}
