import type { ClientSession, MongoClient } from 'mongodb';
import { TenonError } from '@tenon/errors';
import type { ProductStore, StoreSnapshot, StoreTransaction } from '@tenon/ports';
import { AbandonedTransactions } from './abandoned';
import { connect } from './connect';
import { isConflict, markDuplicateAsTransient, toTenonError } from './errors';
import { GuardSlots, ReadGuards } from './read-guards';
import { MongoSnapshot } from './snapshot';
import type { Tables } from './tables';
import { ensureOrders, ensureTables, tablesOf } from './tables';
import { MongoTransaction } from './transaction';

export interface MongoProductStoreOptions {
  /** `mongodb://…`, of a replica set (or a sharded cluster). */
  readonly url: string;
  /** A file with the certificates of the authority, PEM. */
  readonly caFile?: string;
  /** A file with the certificate and the key that the server shall know this client by, PEM. */
  readonly certFile?: string;
  /** Default: the one in the URL, else `tenon`. */
  readonly database?: string;
  /**
   * Which keys of `meta` many transactions read at a time, and few write: those conflict with a writer, and not with each
   * other. The same in every process. Default: none.
   */
  readonly isShared?: (key: string) => boolean;
}

/**
 * Products in MongoDB: a collection per table, transactions with snapshot reads and majority writes, snapshot sessions.
 *
 * @throws TenonError `store-no-replica-set` if the server has no transactions; Unavailable if there is none
 */
export async function createMongoProductStore(options: MongoProductStoreOptions): Promise<ProductStore> {
  const client = await connect(options.url, options);
  try {
    const named = new URL(
      options.url.replace(/^mongodb(\+srv)?:/, 'http:').replace(/,[^/?]*/, ''),
    ).pathname.slice(1);
    const db = client.db(options.database ?? (named || 'tenon'));
    await ensureTables(db);
    const abandoned = new AbandonedTransactions(client.db('admin'));
    const tables = tablesOf(db);
    const ordering = new Ordering(tables);
    // On a store that is small, or has them, this is over at once.
    await ordering.begun(FIRST_WAIT_MS);
    return new MongoProductStore(client, tables, abandoned, ordering, options.isShared ?? (() => false));
  } catch (error) {
    await client.close().catch(() => undefined);
    throw toTenonError(error);
  }
}

/** How long the start waits for the indexes of orders. */
const FIRST_WAIT_MS = 2_000;
const RETRY_MS = 10_000;

/** The indexes of orders in the making. */
class Ordering {
  ready = false;
  private closed = false;
  private timer: NodeJS.Timeout | undefined;
  private made: Promise<void>;

  constructor(private readonly tables: Tables) {
    this.made = this.make();
  }

  private async make(): Promise<void> {
    try {
      await ensureOrders(this.tables);
      this.ready = true;
    } catch {
      // Without them answers are read in the order of keys, which is slower and as right.
      if (!this.closed) this.timer = setTimeout(() => (this.made = this.make()), RETRY_MS).unref();
    }
  }

  async begun(waitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<void>((resolve) => (timer = setTimeout(resolve, waitMs)));
    await Promise.race([this.made, waited]);
    clearTimeout(timer);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }
}

class MongoProductStore implements ProductStore {
  private readonly slots = new GuardSlots();
  private readonly running = new Set<Promise<unknown>>();
  private closing: Promise<void> | null = null;

  constructor(
    private readonly client: MongoClient,
    private readonly tables: Tables,
    private readonly abandoned: AbandonedTransactions,
    private readonly ordering: Ordering,
    private readonly isShared: (key: string) => boolean,
  ) {}

  transact<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> {
    const began = performance.now();
    return this.withSession({ causalConsistency: false }, (session) =>
      session.withTransaction(
        () => this.slots.with((slot) => this.attempt(session, new ReadGuards(slot), work, began)),
        {
          readConcern: { level: 'snapshot' },
          writeConcern: { w: 'majority' },
          readPreference: 'primary',
        },
      ),
    );
  }

  private async attempt<T>(
    session: ClientSession,
    guards: ReadGuards,
    work: (tx: StoreTransaction) => Promise<T>,
    began: number,
  ): Promise<T> {
    const tx = new MongoTransaction(this.tables, session, guards, this.isShared);
    try {
      const result = await work(tx);
      tx.end();
      if (!tx.isReadOnly) await tx.flush();
      return result;
    } catch (error) {
      markDuplicateAsTransient(error);
      if (isConflict(error)) await this.abandoned.conflict(began);
      throw error;
    } finally {
      tx.end();
    }
  }

  snapshot<T>(read: (snapshot: StoreSnapshot) => Promise<T>): Promise<T> {
    return this.withSession({ snapshot: true }, (session) =>
      read(new MongoSnapshot(this.tables, session, this.ordering.ready)),
    );
  }

  close(): Promise<void> {
    this.ordering.close();
    this.closing ??= (async () => {
      await Promise.allSettled(this.running);
      await this.client.close();
    })();
    return this.closing;
  }

  private async withSession<T>(
    options: { snapshot?: boolean; causalConsistency?: boolean },
    use: (session: ClientSession) => Promise<T>,
  ): Promise<T> {
    if (this.closing !== null) throw new TenonError('store-closed', 'The product store is closed.');
    const running = this.client.withSession(options, use);
    this.running.add(running);
    try {
      return await running;
    } catch (error) {
      throw toTenonError(error);
    } finally {
      this.running.delete(running);
    }
  }
}
