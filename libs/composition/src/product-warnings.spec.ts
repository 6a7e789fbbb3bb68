import { behindWarnings, troubleWarnings } from './product-warnings';

const speed = (source: string, ...epochs: number[]) => ({
  name: 'speed',
  sources: [{ source, partitions: epochs.map((epoch) => ({ epoch })) }],
});

test('a product that is several cuts behind the newest of its source is named', () => {
  const products = [
    { name: 'sales', version: 1, source: 'orders', generation: 2 },
    { name: 'fresh', version: 2, source: 'orders', generation: 4 },
    { name: 'other', version: 1, source: 'returns', generation: 0 },
  ];
  const services = [speed('orders', 5, 4), speed('orders', 3), speed('returns', 1), { name: 'batch' }];
  expect(behindWarnings(products, services)).toMatchObject([
    { code: 'product-behind', message: 'sales v1 is served at generation 2, 3 cuts behind.' },
  ]);
});

test('nothing is said where nobody knows how far the cuts are', () => {
  const products = [{ name: 'sales', version: 1, source: 'orders', generation: 0 }];
  expect(behindWarnings(products, [])).toEqual([]);
  expect(behindWarnings([{ name: 'sales', version: 1 }], [speed('orders', 9)])).toEqual([]);
});

test('what is wrong with a product is named with its layer', () => {
  const troubles = [{ layer: 'speed', code: 'record-too-large', reason: 'too large', since: '' }] as never;
  expect(troubleWarnings([{ name: 'sales', version: 1, troubles }])).toEqual([
    {
      code: 'record-too-large',
      message: 'sales v1, speed: too large',
      hint: expect.stringContaining('max.message.bytes'),
    },
  ]);
});
