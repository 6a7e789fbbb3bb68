/** What every ProductStore must do. Run it with `describeProductStoreContract` in the adapter's spec. */
import type { ProductStore, StoreTable, StoreTransaction } from '@tenon/ports';
import { describeOrders } from './product-store-orders-contract';
import { describeScans } from './product-store-scan-contract';
import type { StoreUnderTest } from './product-store-under-test';
import { scanAll } from './product-store-under-test';
import { describeStoredValues } from './product-store-values-contract';
import { uniqueName } from './unique';

export interface ProductStoreHarness {
  /** A store on the same storage each time. The one before has been closed. */
  open(): Promise<ProductStore>;
  dispose?(): Promise<void>;
}

export function describeProductStoreContract(name: string, create: () => Promise<ProductStoreHarness>): void {
  describe(`${name} keeps the contract of ProductStore`, () => {
    let harness: ProductStoreHarness;
    let current: ProductStore;
    const underTest: StoreUnderTest = {
      store: () => current,
      async reopen() {
        await current.close();
        current = await harness.open();
      },
      prefix: () => `${uniqueName('contract')}/`,
    };

    beforeAll(async () => {
      harness = await create();
      current = await harness.open();
    });

    afterAll(async () => {
      await current.close();
      await harness.dispose?.();
    });

    describeTransactions(underTest);
    describeSnapshots(underTest);
    describeScans(underTest);
    describeOrders(underTest);
    describeStoredValues(underTest);
  });
}

function describeTransactions({ store, prefix, reopen }: StoreUnderTest): void {
  const read = <T>(table: StoreTable, key: string) =>
    store().snapshot((snapshot) => snapshot.get<T>(table, key));

  test('a transaction reads what it wrote, and gives its result', async () => {
    const key = prefix();
    const seen = await store().transact(async (tx) => {
      tx.put('meta', `${key}a`, { n: 1 });
      tx.put('meta', `${key}b`, 'b');
      tx.delete('meta', `${key}b`);
      tx.put('meta', `${key}a`, { n: 2 });
      return [
        await tx.get('meta', `${key}a`),
        await tx.get('meta', `${key}b`),
        await tx.getMany('meta', [`${key}b`, `${key}a`]),
      ];
    });
    expect(seen).toEqual([{ n: 2 }, undefined, [undefined, { n: 2 }]]);
    expect(await read('meta', `${key}a`)).toEqual({ n: 2 });
  });

  test('tables are apart', async () => {
    const key = prefix();
    await store().transact(async (tx) => {
      tx.put('meta', key, 'meta');
      tx.put('base', key, 'base');
    });
    const tables = ['meta', 'base', 'speed'] as const;
    expect(await Promise.all(tables.map((table) => read(table, key)))).toEqual(['meta', 'base', undefined]);
  });

  test('where the work fails nothing of it is written', async () => {
    const key = prefix();
    await store().transact(async (tx) => tx.put('meta', `${key}a`, 'before'));
    const failure = new Error('no');
    const failed = store().transact(async (tx) => {
      tx.put('meta', `${key}a`, 'after');
      tx.put('base', `${key}b`, 'after');
      await tx.get('meta', `${key}a`);
      throw failure;
    });
    await expect(failed).rejects.toBe(failure);
    expect([await read('meta', `${key}a`), await read('base', `${key}b`)]).toEqual(['before', undefined]);
  });

  test('deleting works, and deleting what is not there does nothing', async () => {
    const key = prefix();
    await store().transact(async (tx) => tx.put('speed', key, 1));
    await store().transact(async (tx) => {
      tx.delete('speed', key);
      tx.delete('speed', `${key}missing`);
      expect(await tx.get('speed', key)).toBeUndefined();
    });
    expect(await read('speed', key)).toBeUndefined();
  });

  test('transactions at the same time do not lose updates', async () => {
    const key = prefix();
    const increment = () =>
      store().transact(async (tx) => {
        const n = (await tx.get<number>('meta', key)) ?? 0;
        tx.put('meta', key, n + 1);
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(await read('meta', key)).toBe(20);
  });

  test('what a transaction read still holds when it commits, also where it writes something else', async () => {
    const key = prefix();
    const [x, y] = [`${key}x`, `${key}y`];
    await store().transact(async (tx) => {
      tx.put('meta', x, 1);
      tx.put('meta', y, 1);
    });
    // Each may go to zero only while the other is not: both at once would be a write skew.
    const leave = (own: string, other: string) => async (tx: StoreTransaction) => {
      const [mine = 0, theirs = 0] = await tx.getMany<number>('meta', [own, other]);
      if (mine + theirs === 2) tx.put('meta', own, 0);
    };
    await Promise.all([store().transact(leave(x, y)), store().transact(leave(y, x))]);
    const [left, right] = await store().snapshot((snapshot) => snapshot.getMany<number>('meta', [x, y]));
    expect((left ?? 0) + (right ?? 0)).toBe(1);
  });

  test('what was committed is there after closing and opening again', async () => {
    const key = prefix();
    await store().transact(async (tx) => {
      for (let i = 0; i < 200; i++) tx.put('base', `${key}${i}`, { i });
    });
    await store().transact(async (tx) => tx.delete('base', `${key}7`));
    await reopen();
    const keys = Array.from({ length: 200 }, (_, i) => `${key}${i}`);
    const found = await store().snapshot((snapshot) => snapshot.getMany('base', keys));
    expect(found).toEqual(keys.map((_, i) => (i === 7 ? undefined : { i })));
  });
}

function describeSnapshots({ store, prefix }: StoreUnderTest): void {
  test('a snapshot sees one moment, however long it is held', async () => {
    const key = prefix();
    const set = (value: number) =>
      store().transact(async (tx) => {
        tx.put('base', `${key}a`, value);
        tx.put('speed', `${key}b`, -value);
        tx.put('base', `${key}new${value}`, value);
      });
    await set(1);
    await store().snapshot(async (snapshot) => {
      expect(await snapshot.get('base', `${key}a`)).toBe(1);
      for (const value of [2, 3, 4]) {
        await set(value);
        // Whoever comes now sees it, also while the earlier moment is held.
        expect(await store().snapshot((later) => later.get('base', `${key}a`))).toBe(value);
        expect(await store().transact((tx) => tx.get('base', `${key}a`))).toBe(value);
      }
      expect(await snapshot.get('speed', `${key}b`)).toBe(-1);
      expect(await snapshot.getMany('base', [`${key}a`, `${key}new2`])).toEqual([1, undefined]);
      expect(
        (await scanAll(snapshot, 'base', { gte: key, lt: `${key}~` })).map((entry) => entry.value),
      ).toEqual([1, 1]);
    });
    expect(await store().snapshot((snapshot) => snapshot.get('base', `${key}a`))).toBe(4);
  });

  test('snapshots taken while others commit are never a mixture', async () => {
    const key = prefix();
    const accounts = Array.from({ length: 10 }, (_, i) => `${key}${i}`);
    await store().transact(async (tx) => accounts.forEach((account) => tx.put('meta', account, 100)));
    let moving = true;
    const move = async () => {
      for (let i = 0; i < 40; i++) {
        const [from, to] = [accounts[i % 10] as string, accounts[(i * 7 + 3) % 10] as string];
        if (from === to) continue;
        await store().transact(async (tx) => {
          const [a = 0, b = 0] = await tx.getMany<number>('meta', [from, to]);
          tx.put('meta', from, a - i);
          tx.put('meta', to, b + i);
        });
      }
      moving = false;
    };
    const look = async () => {
      while (moving) {
        await store().snapshot(async (snapshot) => {
          const first = await snapshot.getMany<number>('meta', accounts.slice(0, 5));
          await new Promise((resolve) => setImmediate(resolve));
          const second = await snapshot.getMany<number>('meta', accounts.slice(5));
          expect([...first, ...second].reduce<number>((sum, n) => sum + (n ?? 0), 0)).toBe(1000);
        });
      }
    };
    await Promise.all([move(), look(), look()]);
  });

  test('what the read of a snapshot throws reaches the caller', async () => {
    const failure = new Error('no');
    await expect(store().snapshot(() => Promise.reject(failure))).rejects.toBe(failure);
  });

  test('many snapshots can be held at once', async () => {
    const key = prefix();
    await store().transact(async (tx) => tx.put('meta', key, 'x'));
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const reads = Array.from({ length: 200 }, () =>
      store().snapshot(async (snapshot) => {
        await held;
        return snapshot.get('meta', key);
      }),
    );
    release();
    expect(new Set(await Promise.all(reads))).toEqual(new Set(['x']));
  });
}
