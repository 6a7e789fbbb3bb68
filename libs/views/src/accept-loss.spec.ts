import { STORE_KEYS, TOPICS } from '@tenon/contracts';
import type { SourceDefinition } from '@tenon/domain';
import { EMPTY_LEDGER, emptyPointer } from '@tenon/domain';
import type { Loss } from '@tenon/ports';
import { MemoryStore } from '@tenon/testing';
import { acceptLoss } from './accept-loss';
import { lossBook } from './loss-book';
import { LAYOUT, PRODUCT } from './testing/visits';
import { troubleBook } from './trouble-book';

const [SOURCE_NAME = ''] = LAYOUT.sources;
const SOURCE = { name: SOURCE_NAME, partitions: 2 } as SourceDefinition;
const LOSS: Loss = { partition: 1, from: 10, to: 20, at: 5, by: null };
const HOLE = { layer: 'speed', code: 'log-hole', reason: 'gone', source: SOURCE_NAME, partition: 1 } as const;

let store: MemoryStore;
let starts: Record<string, number>;

beforeEach(() => {
  store = new MemoryStore();
  starts = { 0: 0, 1: 20 };
});

const accept = (loss = LOSS) =>
  acceptLoss(
    {
      log: {
        startOffsets: async (topic) => (topic === TOPICS.events(SOURCE_NAME) ? starts : {}),
        endOffsets: async () => ({ 0: 40, 1: 40 }),
      },
      ...{ store, book: lossBook(store), troubles: troubleBook(store, { now: () => 1 }) },
      products: [{ layout: LAYOUT, store }],
    },
    SOURCE,
    loss,
  );

/** An epoch of lane 1 with a cell, and one of lane 0. */
async function land(epoch: number, start: number, next: number): Promise<void> {
  const place = { start, next, closed: true, nextEpoch: epoch + 1, ledger: EMPTY_LEDGER, watermark: null };
  for (const lane of [0, 1]) {
    await store.put('meta', STORE_KEYS.progress(PRODUCT, epoch, lane), { v: 1, ...place, closedAt: null });
    await store.put('speed', `${STORE_KEYS.speed(PRODUCT, epoch, lane)}cell`, { k: ['a', 1], s: [1] });
  }
}

const keys = () => [...Object.keys(store.texts('meta')), ...Object.keys(store.texts('speed'))];
const epochKeys = (epoch: number, lane: number) => [
  STORE_KEYS.progress(PRODUCT, epoch, lane),
  `${STORE_KEYS.speed(PRODUCT, epoch, lane)}cell`,
];

test('what the log or the archive has is not lost', async () => {
  starts = { 0: 0, 1: 19 };
  await expect(accept()).rejects.toMatchObject({ code: 'not-lost' });
  starts = { 0: 0, 1: 20 };
  const head = { v: 1, first: 0, next: 15, epoch: 0, ended: 0, fulls: [], tail: null };
  await store.put('meta', STORE_KEYS.archiveHead(SOURCE_NAME, 1), head);
  await expect(accept()).rejects.toMatchObject({ code: 'not-lost', extra: { from: 15, to: 20 } });
  expect(await accept({ ...LOSS, from: 15 })).toEqual({ ...LOSS, from: 15 });
});

test('what has never been there is not lost, and the refusal says where the log ends', async () => {
  await expect(accept({ ...LOSS, from: 40, to: 50 })).rejects.toThrow(
    `The log of ${SOURCE_NAME}, partition 1 has no record 40 yet: it ends at 40.`,
  );
  await expect(accept({ ...LOSS, from: 25, to: 50 })).rejects.toThrow('has 20 to 39.');
});

test('twice is once: the first word stays', async () => {
  await accept();
  expect(await accept({ ...LOSS, from: 12, at: 9, by: 'bob' })).toEqual(LOSS);
  expect(await lossBook(store).read(SOURCE_NAME)).toEqual([LOSS]);
});

test('a product that is well keeps what it has counted: a cut comes first', async () => {
  await land(0, 0, 30);
  const before = keys();
  await expect(accept()).rejects.toMatchObject({ code: 'loss-counted' });
  expect(keys()).toEqual(before);
  await store.put('meta', STORE_KEYS.pointer(PRODUCT), {
    ...emptyPointer('h'),
    ...{ v: 2, generation: 1, cut: { [`${SOURCE_NAME}/1`]: 30 }, epochs: { [`${SOURCE_NAME}/1`]: 1 } },
  });
  await accept();
  expect(keys()).toEqual(expect.arrayContaining(epochKeys(0, 1)));
});

test('of a product that stands, epochs that hold some of it are read again; others stay', async () => {
  await land(0, 0, 10);
  await land(1, 10, 15);
  await land(2, 15, 40);
  await land(3, 40, 50);
  const stretch = { level: 1, epoch: 0, through: 3, start: 0, next: 50, nextEpoch: 4 };
  const document = { ...stretch, ledger: EMPTY_LEDGER, watermark: null, closedAt: null };
  const stretches = [0, 1].map((lane) => ({ lane, ...document }));
  await store.put('meta', STORE_KEYS.stretches(PRODUCT), { v: 1, stretches });
  for (const lane of [0, 1])
    await store.put('speed', `${STORE_KEYS.stretch(PRODUCT, 3, lane, 1)}cell`, { k: ['a', 1], s: [4] });
  await troubleBook(store, { now: () => 1 }).report(PRODUCT, HOLE);
  const before = keys();
  await accept();
  const gone = [...epochKeys(1, 1), ...epochKeys(2, 1), `${STORE_KEYS.stretch(PRODUCT, 3, 1, 1)}cell`];
  expect(keys()).toEqual(expect.arrayContaining(before.filter((key) => !gone.includes(key))));
  expect(keys().filter((key) => gone.includes(key))).toEqual([]);
  expect(store.get('meta', STORE_KEYS.stretches(PRODUCT))).toEqual({
    v: 1,
    stretches: stretches.slice(0, 1),
  });
});
