import { STORE_KEYS } from '@tenon/contracts';
import type { ProductStore, StoreSnapshot, StoreTransaction } from '@tenon/ports';
import { storeWith } from './testing/snapshots';
import { LAYOUT, PRODUCT, progress } from './testing/visits';
import { troubleBook } from './trouble-book';
import { readView } from './view';

function begin(meta: Record<string, unknown> = {}) {
  const documents = new Map(Object.entries(meta));
  const get = async (_table: string, key: string) => documents.get(key);
  const getMany = async (_table: string, keys: readonly string[]) => keys.map((key) => documents.get(key));
  const tx = {
    ...{ get, getMany },
    put: (_table: string, key: string, value: unknown) => void documents.set(key, value),
    delete: (_table: string, key: string) => void documents.delete(key),
  } as unknown as StoreTransaction;
  const store = {
    transact: (work: (tx: StoreTransaction) => Promise<unknown>) => work(tx),
    snapshot: (read: (snapshot: StoreSnapshot) => Promise<unknown>) =>
      read({ getMany } as unknown as StoreSnapshot),
  } as unknown as ProductStore;
  let now = 1000;
  const book = troubleBook(store, { now: () => (now += 1) });
  return { book, documents, read: async () => (await book.read([PRODUCT]))[0] };
}

const HOLE = { layer: 'speed', code: 'log-hole', source: 'clicks', partition: 1, from: 3, to: 9 } as const;

test('what is reported stands in it until it is cleared; another time it is the same trouble', async () => {
  const { book, documents, read } = begin();
  await book.report(PRODUCT, { ...HOLE, reason: 'gone' });
  await book.report(PRODUCT, { ...HOLE, to: 12, reason: 'more is gone' });
  expect(await read()).toEqual([{ ...HOLE, to: 12, reason: 'more is gone', since: 1001 }]);
  await book.clear(PRODUCT, { layer: 'batch' });
  await book.clear(PRODUCT, { layer: 'speed', partition: 0 });
  expect(await read()).toHaveLength(1);
  await book.clear(PRODUCT, { layer: 'speed', code: 'log-hole', source: 'clicks', partition: 1 });
  expect(await read()).toEqual([]);
  expect(documents.size).toBe(0);
});

test('troubles of other layers, codes and lanes stand beside each other, and a layer clears all of its own', async () => {
  const { book, read } = begin();
  await book.report(PRODUCT, { ...HOLE, reason: 'a' });
  await book.report(PRODUCT, { ...HOLE, partition: 0, reason: 'b' });
  await book.report(PRODUCT, { layer: 'batch', code: 'run-failed', reason: 'c' });
  expect((await read())?.map(({ reason }) => reason)).toEqual(['a', 'b', 'c']);
  await book.clear(PRODUCT, { layer: 'speed' });
  expect((await read())?.map(({ reason }) => reason)).toEqual(['c']);
});

test('a book of a newer release is not read as if nothing were wrong', async () => {
  const { book } = begin({ [STORE_KEYS.troubles(PRODUCT)]: { v: 99 } });
  const expected = { code: 'unsupported-version' };
  await expect(book.read([PRODUCT])).rejects.toMatchObject(expected);
  await expect(book.report(PRODUCT, { ...HOLE, reason: 'a' })).rejects.toMatchObject(expected);
});

test('whoever reads the product sees it, and its epochs as they are', async () => {
  const troubles = [{ ...HOLE, reason: 'gone', since: 1 }];
  const meta = { ...progress(0, 0, 0, 5), [STORE_KEYS.troubles(PRODUCT)]: { v: 1, troubles } };
  const view = await storeWith({ meta }).snapshot((snapshot) => readView(snapshot, LAYOUT));
  expect(view.speed.troubles).toEqual(troubles);
  expect(view.speed.lanes.get('clicks/0')?.reach.included).toBe(5);
});
