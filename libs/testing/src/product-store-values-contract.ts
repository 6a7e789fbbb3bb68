/** The part of the ProductStore contract that is about documents: they come back exactly as JSON would bring them. */
import fc from 'fast-check';
import { MAX_DOCUMENT_BYTES } from '@tenon/contracts';
import type { Value } from '@tenon/domain';
import type { StoreUnderTest } from './product-store-under-test';
import { scanAll } from './product-store-under-test';

export function describeStoredValues({ store, prefix }: StoreUnderTest): void {
  const roundTrip = async (values: readonly unknown[]) => {
    const key = prefix();
    await store().transact(async (tx) => values.forEach((value, i) => tx.put('base', `${key}${i}`, value)));
    const keys = values.map((_, i) => `${key}${i}`);
    return store().snapshot((snapshot) => snapshot.getMany<Value>('base', keys));
  };

  test('any JSON value comes back the same', async () => {
    const values = fc.array(fc.jsonValue({ maxDepth: 4 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(values, async (given) => {
        const json = given.map((value) => JSON.stringify(value));
        expect((await roundTrip(given)).map((value) => JSON.stringify(value))).toEqual(json);
      }),
      { numRuns: 20 },
    );
  });

  test('numbers keep every bit, and objects the order of their names', async () => {
    const numbers = [
      0,
      1,
      -1,
      0.1,
      1 / 3,
      2 ** 31,
      2 ** 32 + 1,
      -(2 ** 31) - 1,
      2 ** 53,
      -(2 ** 53),
      1e21,
      5e-324,
      1.7976931348623157e308,
    ];
    expect(await roundTrip(numbers)).toEqual(numbers);
    expect(await roundTrip([numbers])).toEqual([numbers]);
    const [object] = await roundTrip([{ b: 1, a: 2, z: { y: [], x: {} }, '': null }]);
    expect(JSON.stringify(object)).toBe('{"b":1,"a":2,"z":{"y":[],"x":{}},"":null}');
  });

  test('what JSON leaves out is left out', async () => {
    const [object] = await roundTrip([{ a: undefined, b: [undefined, 1] }]);
    expect(JSON.stringify(object)).toBe('{"b":[null,1]}');
    expect(Object.keys(object as object)).toEqual(['b']);
  });

  test('names that mean something elsewhere are only names', async () => {
    const json = '{"__proto__":{"polluted":1},"constructor":2,"$set":{"a.b":3},"_id":4,"a.b":5,"1":6}';
    const [object] = await roundTrip([JSON.parse(json)]);
    expect(JSON.stringify(object)).toBe(JSON.stringify(JSON.parse(json)));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('a document is copied when it is put', async () => {
    const key = prefix();
    const document = { list: [1] };
    await store().transact(async (tx) => {
      tx.put('meta', key, document);
      document.list.push(2);
      const read = await tx.get<{ list: number[] }>('meta', key);
      read?.list.push(3);
      expect(await tx.get('meta', key)).toEqual({ list: [1] });
    });
    expect(await store().snapshot((snapshot) => snapshot.get('meta', key))).toEqual({ list: [1] });
  });

  test('a document that no store takes is refused for good, and nothing of its transaction is there', async () => {
    const key = prefix();
    const put = (json: string) =>
      store().transact(async (tx) => {
        tx.put('meta', `${key}other`, 1);
        tx.putJson('base', key, json);
      });
    const largest = `"${'x'.repeat(MAX_DOCUMENT_BYTES - 2)}"`;
    await expect(put(`${largest} `)).rejects.toMatchObject({ code: 'document-too-large', details: {} });
    await store().snapshot(async (snapshot) => {
      expect(await snapshot.get('meta', `${key}other`)).toBeUndefined();
      expect(await snapshot.get('base', key)).toBeUndefined();
    });
    await put(largest);
    const read = await store().snapshot((snapshot) => snapshot.get<string>('base', key));
    expect(read).toHaveLength(MAX_DOCUMENT_BYTES - 2);
  });

  test('a document that is no JSON is named wherever it is read', async () => {
    const key = `${prefix()}orders@2/a`;
    await store().transact(async (tx) => tx.putJson('base', key, '{bad'));
    const damaged = { code: 'document-damaged', table: 'base', key };
    const range = { gte: key, lt: `${key}~` };
    const reads = [
      store().snapshot((snapshot) => snapshot.get('base', key)),
      store().snapshot((snapshot) => scanAll(snapshot, 'base', range)),
      store().transact((tx) => tx.get('base', key)),
    ];
    const outcomes = await Promise.allSettled(reads);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: damaged });
  });

  test('big documents and long keys fit', async () => {
    const big = { registers: Array.from({ length: 150_000 }, (_, i) => i % 64), text: '✈'.repeat(100_000) };
    expect(await roundTrip([big, { small: true }])).toEqual([big, { small: true }]);
    const key = prefix().padEnd(1900, 'k');
    await store().transact(async (tx) => tx.put('base', key, 'long'));
    expect(await store().snapshot((snapshot) => snapshot.get('base', key))).toBe('long');
  });
}
