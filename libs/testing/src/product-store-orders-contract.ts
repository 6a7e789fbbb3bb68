/** The part of the ProductStore contract that is about other orders than that of keys, and about texts. */
import fc from 'fast-check';
import type { StoreTable, StoreText, StoreTransaction, TextRange } from '@tenon/ports';
import type { StoreUnderTest } from './product-store-under-test';

interface Document {
  readonly key: string;
  readonly heads: readonly string[];
}

export function describeOrders({ store, prefix, reopen }: StoreUnderTest): void {
  const put = (tx: StoreTransaction, at: number, { key, heads }: Document, stands?: boolean) =>
    tx.putJson('base', key, JSON.stringify(key), { at, heads, ...(stands !== undefined && { stands }) });

  const textsIn = async (range: Omit<TextRange, 'table'>) =>
    (await store().snapshot((snapshot) => snapshot.texts([{ table: 'base', ...range }])))[0];

  const keysIn = async (range: Omit<TextRange, 'table'>) => (await textsIn(range))?.map(({ key }) => key);

  test('texts are read as they were written, of several ranges at once, and of keys in their order', async () => {
    const key = prefix();
    await store().transact(async (tx) => {
      for (const name of ['a', 'b', 'c']) tx.putJson('base', key + name, `{ "n":  "${name}" }`);
      tx.putJson('speed', `${key}b`, '1.50');
    });
    await store().snapshot(async (snapshot) => {
      const range = { gte: key, lt: `${key}~`, limit: 2 };
      const found = await snapshot.texts([
        { ...range, table: 'base' },
        { ...range, table: 'base', reverse: true },
        { ...range, table: 'speed' },
        { ...range, table: 'speed', gte: `${key}c` },
      ]);
      const read = (table: StoreTable, texts: readonly StoreText[] = []) =>
        texts.map((one) => [one.key, snapshot.parse(table, one.key, one.text)]);
      const document = (name: string) => [key + name, { n: name }];
      expect(read('base', found[0])).toEqual([document('a'), document('b')]);
      expect(read('base', found[1])).toEqual([document('c'), document('b')]);
      expect([read('speed', found[2]), found[3]]).toEqual([[[`${key}b`, 1.5]], []]);
      expect(await snapshot.textsOf('base', [`${key}c`, `${key}x`, `${key}a`])).toEqual([
        found[1]?.[0]?.text,
        undefined,
        found[0]?.[0]?.text,
      ]);
      expect(await snapshot.textsOf('base', [])).toEqual([]);
    });
  });

  test('documents of one head are found together, in the order of their keys, and no others', async () => {
    const key = prefix();
    const heads = ['x', 'y', 'xy', ''];
    const documents = Array.from({ length: 3_000 }, (_, i): Document => {
      const name = `${key}t${String(i % 250).padStart(4, '0')}!s${String.fromCharCode(33 + (i % 90))}${i}!`;
      return { key: name, heads: [`0:${heads[i % 4]}!`, `1:${heads[i % 3]}!`] };
    });
    for (let from = 0; from < documents.length; from += 1_000)
      await store().transact(async (tx) => {
        for (const one of documents.slice(from, from + 1_000)) put(tx, key.length, one);
      });
    await reopen();
    const ordered = documents.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const bound = fc.constantFrom(key, `${key}~`, ...documents.map((one) => one.key));
    const question = fc.record({
      gte: bound,
      lt: bound,
      reverse: fc.boolean(),
      limit: fc.constantFrom(1, 7, 600, 4_000),
      order: fc.constantFrom(0, 1),
      head: fc.constantFrom(...heads),
      matching: fc.constantFrom(undefined, `${key}t[^!]*!s[!-9]`),
    });
    await fc.assert(
      fc.asyncProperty(question, async ({ order, head, matching, ...range }) => {
        const under = { order, at: key.length, head: `${order}:${head}!` };
        const wanted = new RegExp(`^(?:${matching ?? ''})`);
        const expected = ordered
          .filter((one) => one.heads[order] === under.head && one.key >= range.gte && one.key < range.lt)
          .map((one) => one.key)
          .filter((one) => wanted.test(one));
        if (range.reverse) expected.reverse();
        const asked = { ...range, under, ...(matching !== undefined && { matching }) };
        expect(await keysIn(asked)).toEqual(expected.slice(0, range.limit));
      }),
      { numRuns: 60 },
    );
  });

  test('a document keeps its places when it is written again, and loses them when it is deleted', async () => {
    const key = prefix();
    const document = (name: string): Document => ({ key: key + name, heads: ['h!'] });
    const under = { order: 0, at: key.length, head: 'h!' };
    const found = () => keysIn({ gte: key, lt: `${key}~`, limit: 100, under });
    await store().transact(async (tx) => {
      put(tx, key.length, document('a'));
      put(tx, key.length, document('b'), false);
      put(tx, key.length, document('c'));
      tx.putJson('base', `${key}d`, '"no place"');
    });
    await store().transact(async (tx) => {
      put(tx, key.length, document('a'), true);
      put(tx, key.length, document('b'));
    });
    expect(await found()).toEqual(['a', 'b', 'c'].map((name) => key + name));
    await store().transact(async (tx) => {
      tx.delete('base', `${key}a`, { at: key.length, heads: ['h!'] });
      // Its place stays, and gives nothing; so a limit counts what there is.
      tx.delete('base', `${key}b`);
    });
    expect(await keysIn({ gte: key, lt: `${key}~`, limit: 1, under })).toEqual([`${key}c`]);
    await store().transact(async (tx) => put(tx, key.length, document('d'), false));
    expect(await found()).toEqual([`${key}c`, `${key}d`]);
  });

  test('a version stays the same only as long as nothing is written', async () => {
    const key = prefix();
    const seen: (readonly [version: number | undefined, value: unknown])[] = [];
    const look = () =>
      store().snapshot(async (snapshot) => {
        const { version } = snapshot;
        seen.push([version, await snapshot.get('base', key)]);
      });
    const looks: Promise<void>[] = [];
    for (let n = 0; n < 20; n++) {
      const written = store().transact(async (tx) => tx.put('base', key, n));
      for (let i = 0; i < 5; i++) {
        looks.push(look());
        await Promise.resolve();
      }
      await written;
      looks.push(look(), look());
    }
    await Promise.all(looks);
    const values = new Map<number, unknown>();
    for (const [version, value] of seen) {
      if (version === undefined) continue;
      expect(values.has(version) ? values.get(version) : value).toBe(value);
      values.set(version, value);
    }
  });
}
