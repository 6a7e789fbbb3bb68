import { PartitionJudge } from '@tenon/domain';
import type { ProductId } from '@tenon/domain';
import { NO_LOGGER } from '@tenon/telemetry';
import type { Trouble, TroublesOver } from '@tenon/ports';
import { Holes } from './holes';

/** What was told to the book, in order. */
let told: unknown[];
let standing: Trouble[];

const holes = () =>
  new Holes(
    {
      logger: NO_LOGGER,
      troubles: {
        report: async (product: ProductId, { code, from, to }) => void told.push([product, code, from, to]),
        clear: async (product: ProductId, over: TroublesOver) => void told.push([product, 'over', over.code]),
        read: async (products) => products.map(() => standing),
      },
    },
    { layer: 'speed', source: 'orders', products: ['a@1', 'b@2'] },
  );
const judgeAt = (next: number) => new PartitionJudge({ epoch: 1, start: next }, next, 4);

beforeEach(() => {
  told = [];
  standing = [];
});

test.each([
  ['counts, all of it', 10, { wanted: 10, start: 15, end: 20 }, 'stand', ['log-hole', 10, 15]],
  [
    'counts, and what stood before for duplicates',
    10,
    { wanted: 6, start: 15, end: 20 },
    'stand',
    ['log-hole', 10, 15],
  ],
  ['is for duplicates only', 10, { wanted: 6, start: 10, end: 20 }, 'pass', ['dedupe-hole', 6, 10]],
  [
    'was counted, and lies beyond the end',
    10,
    { wanted: 6, start: 0, end: 20, held: 25 },
    'stand',
    ['log-too-short', 20, 25],
  ],
  ['lies beyond the end', 30, { wanted: 26, start: 0, end: 20 }, 'stand', ['log-too-short', 20, 26]],
])('where what is gone %s, each product is told', async (_, next, displaced, verdict, [code, from, to]) => {
  expect(await holes().found(judgeAt(next), { partition: 0, ...displaced })).toBe(verdict);
  expect(told).toEqual([
    ['a@1', code, from, to],
    ['b@2', code, from, to],
  ]);
});

test('what was said of a partition is over once it is read; what others say, or of another one, stays', async () => {
  const one = {
    layer: 'speed',
    code: 'log-hole',
    reason: '',
    source: 'orders',
    partition: 0,
    since: 0,
  } as const;
  standing = [one, { ...one, layer: 'batch' }, { ...one, partition: 1 }, { ...one, code: 'other' }];
  await holes().over(0);
  expect(told).toEqual([
    ['a@1', 'over', 'log-hole'],
    ['b@2', 'over', 'log-hole'],
  ]);
  told = [];
  standing = [];
  await holes().over(0);
  expect(told).toEqual([]);
});
