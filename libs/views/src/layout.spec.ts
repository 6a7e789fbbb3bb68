import { layoutOf } from './layout';
import { PLAN } from './testing/visits';

test('a product has a lane for each partition of its source, in order', () => {
  const layout = layoutOf(PLAN, [
    { name: 'orders', partitions: 7, latenessMicros: 9e6 },
    { name: 'clicks', partitions: 3, latenessMicros: 5e6 },
  ]);
  expect(layout).toEqual({
    plan: PLAN,
    product: 'visits@3',
    sources: ['clicks'],
    lanes: [0, 1, 2].map((partition) => ({ source: 'clicks', partition })),
    types: ['VARCHAR'],
    shape: { fits: expect.any(Function) as unknown },
    lateness: 5e6,
    orders: [],
    ordersMark: '',
  });
});

test('a source of which nothing is known has one partition', () => {
  expect(layoutOf(PLAN, []).lanes).toEqual([{ source: 'clicks', partition: 0 }]);
});
