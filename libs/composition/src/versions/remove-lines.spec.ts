import { STORE_KEYS, TOPICS } from '@tenon/contracts';
import { MemoryStore } from '@tenon/testing';
import { removeAbortedLines } from './remove-lines';

const PRODUCT = 'sales@1';
const base = (line: number, cell: string) => STORE_KEYS.base(PRODUCT, line) + cell;

let store: MemoryStore;
let end: number;
/** What happens between the look at the store and the removal. */
let meanwhile: () => Promise<void>;

beforeEach(async () => {
  [store, end, meanwhile] = [new MemoryStore(), 7, async () => undefined];
  await store.put('meta', STORE_KEYS.pointer(PRODUCT), { v: 2, line: 2, generation: 9 });
  await store.put('meta', STORE_KEYS.consumed(TOPICS.ranges(PRODUCT), 0), 7);
  for (const line of [1, 2, 3])
    for (const cell of ['a', 'b']) await store.put('base', base(line, cell), { k: [], v: [] });
});

const log = {
  hasTopic: async () => true,
  endOffsets: async () => {
    const ends = { '0': end };
    await meanwhile();
    return ends;
  },
};
const remove = (options = {}) => removeAbortedLines(store, log, PRODUCT, undefined, options);
const served = [base(2, 'a'), base(2, 'b')];

test('lines that are not served go, and a dry run counts them', async () => {
  expect(await remove({ dryRun: true })).toEqual({ documents: 4, kept: null });
  expect(store.keys('base')).toHaveLength(6);
  expect(await remove()).toEqual({ documents: 4, kept: null });
  expect(store.keys('base')).toEqual(served);
});

test('nothing goes while a range is accounted for, or has not landed', async () => {
  await store.put('meta', STORE_KEYS.range(PRODUCT, 'r'), { v: 1, to: 10 });
  expect(await remove()).toEqual({ documents: 0, kept: null });
  await store.transact(async (tx) => tx.delete('meta', STORE_KEYS.range(PRODUCT, 'r')));
  end = 8;
  expect(await remove()).toEqual({ documents: 0, kept: 'ranges of it have not landed yet' });
  expect(store.keys('base')).toHaveLength(6);
});

test('what a range writes between the look and the removal stays', async () => {
  meanwhile = async () => {
    end = 8;
    await store.put('base', base(3, 'a'), { k: [], v: [{ g: 10, s: [1] }] });
    await store.put('base', base(3, 'c'), { k: [], v: [{ g: 10, s: [1] }] });
  };
  expect(await remove()).toEqual({ documents: 3, kept: 'ranges of it have not landed yet' });
  expect(store.keys('base')).toEqual([...served, base(3, 'a'), base(3, 'c')]);
});

test('a crash in between leaves what the next one removes', async () => {
  for (let cell = 0; cell < 600; cell++) await store.put('base', base(4, `x${cell}`), { k: [], v: [] });
  let commits = 0;
  store.beforeCommit = () => {
    if (commits++ === 1) throw new Error('killed');
  };
  await expect(remove()).rejects.toThrow('killed');
  store.beforeCommit = () => undefined;
  expect(store.keys('base').length).toBeGreaterThan(2);
  await remove();
  expect(store.keys('base')).toEqual(served);
});
