/** The part of the ProductStore contract that is about ranges of keys. */
import fc from 'fast-check';
import type { StoreUnderTest } from './product-store-under-test';
import { scanAll } from './product-store-under-test';

export function describeScans({ store, prefix }: StoreUnderTest): void {
  test('a scan gives keys in byte order, from gte up to and without lt, in either direction', async () => {
    const key = prefix();
    // Every printable ASCII character, so that no adapter's collation goes unnoticed.
    const names = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).flatMap((c) => [
      c,
      `${c}a`,
      `A${c}`,
      `${c}/0`,
    ]);
    const keys = [...new Set(names)]
      .map((name) => key + name)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    await store().transact(async (tx) => keys.forEach((one) => tx.put('base', one, one)));
    const bounds = fc.constantFrom(...keys, key, `${key}A`, `${key}zzz`, `${key}~~`);
    const range = fc.record({
      gte: bounds,
      lt: bounds,
      reverse: fc.boolean(),
      limit: fc.option(fc.integer({ min: 1, max: 400 }), { nil: 0 }),
      expected: fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
    });
    await store().snapshot((snapshot) =>
      fc.assert(
        fc.asyncProperty(range, async ({ gte, lt, reverse, limit, expected }) => {
          const inside = keys.filter((one) => one >= gte && one < lt);
          if (reverse) inside.reverse();
          const options = { ...(limit > 0 && { limit }), ...(expected !== undefined && { expected }) };
          const found = await scanAll(snapshot, 'base', { gte, lt, reverse, ...options });
          expect(found.map((entry) => entry.key)).toEqual(limit > 0 ? inside.slice(0, limit) : inside);
          expect(found.every((entry) => entry.value === entry.key)).toBe(true);
        }),
        { numRuns: 60 },
      ),
    );
  });

  test('a scan may take a key before its range along, which is first, or last backwards, and counts for the limit', async () => {
    const key = prefix();
    await store().transact(async (tx) => {
      for (const name of ['a', 'b', 'c1', 'c2', 'd']) tx.put('meta', key + name, name);
    });
    await store().snapshot(async (snapshot) => {
      const range = { gte: `${key}c`, lt: `${key}d` };
      const values = async (options: object) =>
        (await scanAll<string>(snapshot, 'meta', { ...range, ...options })).map(({ value }) => value);
      expect(await values({ and: `${key}a` })).toEqual(['a', 'c1', 'c2']);
      expect(await values({ and: `${key}a`, reverse: true })).toEqual(['c2', 'c1', 'a']);
      expect(await values({ and: `${key}a`, limit: 2 })).toEqual(['a', 'c1']);
      expect(await values({ and: `${key}a`, limit: 2, reverse: true })).toEqual(['c2', 'c1']);
      expect(await values({ and: `${key}missing` })).toEqual(['c1', 'c2']);
      expect(await values({ and: `${key}a`, gte: `${key}x`, lt: `${key}y` })).toEqual(['a']);
    });
  });

  test('a long scan comes in chunks, each once, and may be left early', async () => {
    const key = prefix();
    const count = 3000;
    const name = (i: number) => key + String(i).padStart(6, '0');
    await store().transact(async (tx) => {
      for (let i = 0; i < count; i++) tx.put('speed', name(i), i);
    });
    const range = { gte: key, lt: `${key}~` };
    await store().snapshot(async (snapshot) => {
      let chunks = 0;
      const seen: number[] = [];
      for await (const chunk of snapshot.scan<number>('speed', range)) {
        chunks++;
        seen.push(...chunk.map((entry) => entry.value));
      }
      expect(seen).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(chunks).toBeGreaterThan(1);
      for await (const chunk of snapshot.scan<number>('speed', { ...range, reverse: true })) {
        expect(chunk[0]?.value).toBe(count - 1);
        break;
      }
      for await (const chunk of snapshot.scan<number>('speed', { ...range, expected: 5 })) {
        expect(chunk.length).toBeLessThanOrEqual(100);
        break;
      }
      expect(await scanAll(snapshot, 'speed', { ...range, limit: 1 })).toEqual([{ key: name(0), value: 0 }]);
      expect(await scanAll(snapshot, 'speed', { gte: 'z', lt: 'a' })).toEqual([]);
    });
  });

  test('a scan may ask for the keys that match, in order, in either direction, up to a limit', async () => {
    const key = prefix();
    const name = (i: number) => `${key}t${String(i).padStart(5, '0')}!s${'abc'[i % 3]}.!`;
    await store().transact(async (tx) => {
      for (let i = 0; i < 9000; i++) tx.put('base', name(i), i);
    });
    const range = { gte: key, lt: `${key}~`, matching: `${key}t[^!]*!sb\\.!` };
    const wanted = Array.from({ length: 3000 }, (_, i) => 3 * i + 1);
    await store().snapshot(async (snapshot) => {
      const values = async (options: object) =>
        (await scanAll<number>(snapshot, 'base', { ...range, ...options })).map((entry) => entry.value);
      expect(await values({})).toEqual(wanted);
      expect(await values({ reverse: true })).toEqual([...wanted].reverse());
      expect(await values({ limit: 7 })).toEqual(wanted.slice(0, 7));
      expect(await values({ reverse: true, limit: 2001 })).toEqual([...wanted].reverse().slice(0, 2001));
      expect(await values({ matching: `${key}nothing` })).toEqual([]);
    });
  });
}
