import type { CatalogContent } from '@tenon/ports';
import { fingerprintOf } from './fingerprint';

const source = {
  name: 'orders',
  key: ['shop'],
  time: null,
  schema: { type: 'object', properties: { shop: { type: 'string' } } },
  partitions: 4,
  dedupe: { window: 10 },
};
const product = (name: string, sql = 'SELECT 1', line = 1) => ({
  definition: { name, version: 1, sql, topology: 'lambda' as const, retentionMicros: null },
  place: { file: `products/${name}.sql`, line },
});
const print = (content: Pick<CatalogContent, 'sources' | 'products'>) => fingerprintOf(content);

test('where things are written does not matter', () => {
  const one = print({ sources: [source], products: [product('a'), product('b')] });
  const { partitions, ...rest } = source;
  const other = print({
    sources: [{ partitions, ...rest }],
    products: [product('b', 'SELECT 1', 7), product('a')],
  });
  expect(other).toBe(one);
  expect(one).toMatch(/^[0-9a-f]{16}$/);
});

test('whatever is declared otherwise shows', () => {
  const all = [
    print({ sources: [source], products: [product('a')] }),
    print({ sources: [source], products: [product('a', 'SELECT 2')] }),
    print({ sources: [source], products: [] }),
    print({
      sources: [{ ...source, schema: { ...source.schema, required: ['shop'] } }],
      products: [product('a')],
    }),
    print({ sources: [{ ...source, partitions: 5 }], products: [product('a')] }),
  ];
  expect(new Set(all).size).toBe(all.length);
});
