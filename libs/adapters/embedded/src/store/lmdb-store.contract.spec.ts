import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeProductStoreContract } from '@tenon/testing';
import type { ProductStore } from '@tenon/ports';
import { createLmdbProductStore } from './lmdb-store';

const temporary = () => mkdtemp(join(tmpdir(), 'tenon-store-'));

describeProductStoreContract('The store in lmdb', async () => {
  const directory = await temporary();
  return {
    open: async () => createLmdbProductStore({ directory }),
    dispose: () => rm(directory, { recursive: true }),
  };
});

describe('The store in lmdb', () => {
  let directory: string;
  let store: ProductStore;

  beforeEach(async () => {
    directory = await temporary();
    store = createLmdbProductStore({ directory });
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  test('a snapshot held long is not harmed while the file grows many times over', async () => {
    const name = (i: number) => String(i).padStart(6, '0');
    const write = (version: number) =>
      store.transact(async (tx) => {
        for (let i = 0; i < 1_000; i++) tx.put('base', name(i), { version, i });
        for (let i = 0; i < 1_000; i++) tx.put('speed', `${version}/${i}`, 'x'.repeat(500));
      });
    await write(0);
    await store.snapshot(async (snapshot) => {
      const scan = snapshot
        .scan<{ version: number; i: number }>('base', { gte: '0', lt: '~' })
        [Symbol.asyncIterator]();
      const first = await scan.next();
      for (let version = 1; version <= 20; version++) await write(version);
      const second = await scan.next();
      const seen = [...(first.value ?? []), ...(second.value ?? [])].map((entry) => entry.value);
      expect(seen).toEqual(seen.map((_, i) => ({ version: 0, i })));
      expect(await snapshot.get('base', name(999))).toEqual({ version: 0, i: 999 });
      expect(await snapshot.get('speed', '20/0')).toBeUndefined();
    });
    expect(await store.snapshot((snapshot) => snapshot.get('base', name(0)))).toEqual({ version: 20, i: 0 });
  });

  test.each(['', 'k'.repeat(1_901), 'Zürich', 'a\0b'])(
    'the key %j is refused, and nothing of its transaction is written',
    async (key) => {
      const refused = store.transact(async (tx) => {
        tx.put('meta', 'other', 1);
        tx.put('meta', key, 1);
      });
      await expect(refused).rejects.toMatchObject({ code: 'invalid-key' });
      expect(await store.snapshot((snapshot) => snapshot.get('meta', 'other'))).toBeUndefined();
    },
  );

  test('undefined is no document', async () => {
    const refused = store.transact(async (tx) => tx.put('meta', 'a', undefined));
    await expect(refused).rejects.toMatchObject({ code: 'invalid-document' });
  });

  test('a moment that is known without reading is that of a snapshot begun then, and another one after each commit', async () => {
    const seen = new Map<number, number>();
    const look = async () => {
      const known = store.versionNow?.();
      const [version, value = 0] = await store.snapshot(
        async (snapshot) => [snapshot.version, await snapshot.get<number>('meta', 'a')] as const,
      );
      if (known === undefined) return;
      expect(version).toBe(known);
      expect(seen.get(known) ?? value).toBe(value);
      seen.set(known, value);
    };
    for (let turn = 1; turn <= 20; turn++) {
      const written = store.transact(async (tx) => tx.put('meta', 'a', turn));
      await Promise.all([look(), written.then(look), look()]);
      const known = store.versionNow?.();
      await look();
      expect(seen.get(known as number)).toBe(turn);
    }
  });

  test('a transaction that has ended takes no more writes', async () => {
    const put = await store.transact(async (tx) => () => tx.put('meta', 'late', 1));
    expect(put).toThrow(expect.objectContaining({ code: 'transaction-ended' }));
  });

  test('closing waits for what is under way, and then nothing more is taken', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const read = store.snapshot(async (snapshot) => {
      await held;
      return snapshot.get('meta', 'a');
    });
    const written = store.transact(async (tx) => tx.put('meta', 'a', 1));
    const closed = store.close();
    await expect(store.snapshot(async () => 1)).rejects.toMatchObject({ code: 'store-closed' });
    await expect(store.transact(async () => 1)).rejects.toMatchObject({ code: 'store-closed' });
    release();
    await Promise.all([written, closed]);
    expect(await read).toBeUndefined();
  });
});
