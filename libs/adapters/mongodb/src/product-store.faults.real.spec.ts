import { MongoClient } from 'mongodb';
import { Unavailable } from '@tenon/errors';
import type { ProductStore, StoreTable, StoreTransaction } from '@tenon/ports';
import { createTcpProxy, uniqueName } from '@tenon/testing';
import { RUNTIME } from './connect';
import { createMongoProductStore } from './product-store';

const given = process.env['TENON_MONGODB_URL'];

function describeStore(url: string): void {
  const database = uniqueName('tenon-faults');

  afterAll(async () => {
    const client = new MongoClient(url, RUNTIME);
    await client.db(database).dropDatabase();
    await client.close();
  });

  describe('Transactions in MongoDB are serializable', () => {
    let stores: ProductStore[] = [];

    beforeAll(async () => {
      const isShared = (key: string) => key.startsWith('shared');
      stores = await Promise.all([0, 1, 2].map(() => createMongoProductStore({ url, database, isShared })));
    });

    afterAll(async () => {
      await Promise.all(stores.map((store) => store.close()));
    });

    // Each transaction reads all and writes one of its own, only if nobody has: one may win, whatever is read.
    const PREFIX = { meta: 'shared', base: 'skew' };
    for (const table of ['meta', 'base'] as const) {
      test(`of many that make a document each if there is none, one does (${table})`, async () => {
        for (let round = 0; round < 15; round++) {
          const keys = stores.map((_, i) => `${uniqueName(PREFIX[table])}/${i}`);
          const claim = (own: string) => async (tx: StoreTransaction) => {
            const all = await tx.getMany(table, keys);
            if (all.every((one) => one === undefined)) tx.put(table, own, 1);
          };
          await Promise.all(stores.map((store, i) => store.transact(claim(keys[i] as string))));
          expect(await count(stores[0] as ProductStore, table, keys)).toBe(1);
        }
      });

      test(`of many that delete a document each while there are others, one stays (${table})`, async () => {
        for (let round = 0; round < 15; round++) {
          const keys = stores.map((_, i) => `${uniqueName(PREFIX[table])}/${i}`);
          await stores[0]?.transact(async (tx) => keys.forEach((key) => tx.put(table, key, 1)));
          const leave = (own: string) => async (tx: StoreTransaction) => {
            const all = await tx.getMany(table, keys);
            if (all.filter((one) => one !== undefined).length > 1) tx.delete(table, own);
          };
          await Promise.all(stores.map((store, i) => store.transact(leave(keys[i] as string))));
          expect(await count(stores[0] as ProductStore, table, keys)).toBe(1);
        }
      });
    }

    test('those that only read one document and write others do not hold each other up for long', async () => {
      const shared = uniqueName('shared');
      await stores[0]?.transact(async (tx) => tx.put('meta', shared, 1));
      let attempts = 0;
      const work = async (store: ProductStore, name: string) => {
        for (let i = 0; i < 40; i++) {
          await store.transact(async (tx) => {
            attempts++;
            await tx.get('meta', shared);
            tx.put('base', `${shared}/${name}/${i}`, i);
          });
        }
      };
      await Promise.all(stores.map((store, i) => work(store, String(i))));
      // Each store soon keeps to a guard of its own.
      expect(attempts).toBeLessThan(1.25 * 40 * stores.length);
    });
  });

  describe('A transaction whose process was killed', () => {
    test('holds nobody up for as long as MongoDB would keep it open', async () => {
      const store = await createMongoProductStore({ url, database });
      const key = uniqueName('orphan');
      // As a process of Tenon leaves it that is killed between its writes and the commit.
      const killed = new MongoClient(url, { appName: 'tenon', ...RUNTIME });
      try {
        await store.transact(async (tx) => tx.put('meta', key, 'before'));
        const session = killed.startSession();
        session.startTransaction();
        const writes = killed.db(database).collection<{ _id: string; v: string }>('meta');
        await writes.updateOne({ _id: key }, { $set: { v: '"half"' } }, { session });
        const began = performance.now();
        await store.transact(async (tx) => tx.put('meta', key, 'after'));
        expect(performance.now() - began).toBeLessThan(15_000);
        expect(await store.snapshot((snapshot) => snapshot.get('meta', key))).toBe('after');
        await expect(session.commitTransaction()).rejects.toThrow();
      } finally {
        await store.close();
        await killed.close();
      }
    });
  });

  describe('The store in MongoDB, over a network that fails', () => {
    test('with MongoDB gone calls wait or fail as unavailable, nothing half is written, and all works when it is back', async () => {
      const { hostname, port } = new URL(url);
      const proxy = await createTcpProxy({ host: hostname, port: Number(port) });
      const through = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
      const store = await createMongoProductStore({ url: through, database });
      const key = uniqueName('away');
      await store.transact(async (tx) => tx.put('meta', key, 'before'));
      proxy.set('refuse');
      await expect(store.snapshot((snapshot) => snapshot.get('meta', key))).rejects.toBeInstanceOf(
        Unavailable,
      );
      const lost = store.transact(async (tx) => {
        tx.put('meta', key, 'after');
        tx.put('base', key, 'after');
      });
      const outcome = lost.then(
        () => 'written' as const,
        (error: unknown) => error,
      );
      proxy.set('pass');
      const result = await outcome;
      if (result !== 'written') expect(result).toBeInstanceOf(Unavailable);
      const tables = await store.snapshot(async (snapshot) => [
        await snapshot.get('meta', key),
        await snapshot.get('base', key),
      ]);
      expect(tables).toEqual(result === 'written' ? ['after', 'after'] : ['before', undefined]);
      expect(proxy.counts.refused).toBeGreaterThan(0);
      await store.close();
      await proxy.close();
    });

    test('where there is no server, starting says so', async () => {
      const start = createMongoProductStore({ url: 'mongodb://127.0.0.1:1/?replicaSet=rs0' });
      await expect(start).rejects.toThrow(/127\.0\.0\.1:1 cannot be reached/);
      await expect(start).rejects.toBeInstanceOf(Unavailable);
    });
  });
}

async function count(store: ProductStore, table: StoreTable, keys: readonly string[]): Promise<number> {
  const found = await store.snapshot((snapshot) => snapshot.getMany(table, keys));
  return found.filter((one) => one !== undefined).length;
}

if (given) describeStore(given);
else
  describe.skip('The store in MongoDB, at odds with others and the network (skipped: TENON_MONGODB_URL is not set)', () => {
    test('keeps its promises', () => undefined);
  });
