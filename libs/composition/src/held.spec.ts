import { STORE_KEYS, TOPICS } from '@tenon/contracts';
import type { SourceDefinition } from '@tenon/domain';
import { Unavailable } from '@tenon/errors';
import { MemoryStore } from '@tenon/testing';
import { heldBy } from './held';

const SOURCE: SourceDefinition = {
  ...{ name: 's', key: null, time: null, partitions: 2, dedupe: { window: 1 }, schema: {} },
} as never;
const COUNTED = { sources: [SOURCE], plans: [] };
const TOPIC = TOPICS.events('s');
const NEVER = { sleep: () => new Promise<void>(() => undefined) };
const AT_ONCE = { sleep: async () => undefined };

async function storeWith(ends: Readonly<Record<number, number>>): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.transact(async (tx) => {
    for (const [partition, next] of Object.entries(ends))
      tx.put('meta', STORE_KEYS.archiveHead('s', Number(partition)), { v: 1, next });
  });
  return store;
}
const away = () => Promise.reject(new Unavailable('The store is away.'));

test('each partition reaches as far as any of the stores knows', async () => {
  const [one, other] = [await storeWith({ 0: 3, 1: 8 }), await storeWith({ 0: 5 })];
  const stores = [one, other].map((store) => ({ open: async () => store, isNeeded: true }));
  const held = heldBy(stores, COUNTED, NEVER);
  expect(await held(TOPIC)).toEqual({ ends: { 0: 5, 1: 8 }, isAll: true });
  expect(await held(TOPICS.events('other'))).toEqual({ ends: {}, isAll: true });
});

test('without the one that is needed there is no answer', async () => {
  const held = heldBy([{ open: away, isNeeded: true }], COUNTED, NEVER);
  await expect(held(TOPIC)).rejects.toBeInstanceOf(Unavailable);
});

test('one that can be done without is waited for once, and asked again until it has answered', async () => {
  const store = await storeWith({ 0: 3 });
  let answer: (is: MemoryStore) => void = () => undefined;
  const open = jest.fn(() => new Promise<MemoryStore>((resolve) => (answer = resolve)));
  const held = heldBy([{ open, isNeeded: false }], COUNTED, AT_ONCE);
  const unknown = { ends: {}, isAll: false };
  expect(await held(TOPIC)).toEqual(unknown);
  expect(await held(TOPIC)).toEqual(unknown);
  expect(open).toHaveBeenCalledTimes(1);
  answer(store);
  while (!(await held(TOPIC)).isAll) await new Promise(setImmediate);
  expect(await held(TOPIC)).toEqual({ ends: { 0: 3 }, isAll: true });
});

test('one that has failed is asked again', async () => {
  const store = await storeWith({ 1: 2 });
  let isAway = true;
  const open = () => (isAway ? away() : Promise.resolve(store));
  const held = heldBy([{ open, isNeeded: false }], COUNTED, NEVER);
  expect((await held(TOPIC)).isAll).toBe(false);
  isAway = false;
  while (!(await held(TOPIC)).isAll) await new Promise(setImmediate);
  expect((await held(TOPIC)).ends).toEqual({ 1: 2 });
});
