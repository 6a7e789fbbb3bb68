import { GuardSlots, ReadGuards } from './read-guards';

type Guard = { updateOne?: { filter: { _id: string } }; deleteOne?: { filter: { _id: string } } };

const ids = (operations: readonly unknown[]) =>
  (operations as Guard[]).map(({ updateOne, deleteOne }) => (updateOne ?? deleteOne)?.filter._id);

test('a reader touches one guard of a shared key, a writer touches every one', () => {
  const guards = new ReadGuards(3);
  expect(ids(guards.forShared(['k', 'l'], new Map()))).toEqual(['\x7fk#3', '\x7fl#3']);
  expect(ids(guards.forShared([], new Map([['k', '1']])))).toEqual(
    Array.from({ length: 8 }, (_, i) => `\x7fk#${i}`),
  );
});

test('transactions at the same time have slots of their own; one is kept to until it was lost with', async () => {
  const slots = new GuardSlots();
  const once = () => slots.with(async (slot) => slot);
  const first = await once();
  expect(await once()).toBe(first);
  const together: number[] = [];
  await Promise.all(Array.from({ length: 8 }, () => slots.with(async (slot) => void together.push(slot))));
  expect(new Set(together).size).toBe(8);
  const kept = await once();
  await expect(slots.with(() => Promise.reject(new Error('a conflict')))).rejects.toThrow('a conflict');
  expect(await once()).not.toBe(kept);
});

test('whoever deletes a key makes each guard before it removes it, so that it conflicts with a reader that makes one', () => {
  const operations = new ReadGuards(0).forShared([], new Map([['k', null]])) as Guard[];
  expect(operations.map((one) => (one.updateOne ? 'touch' : 'remove'))).toEqual(
    Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 'touch' : 'remove')),
  );
});
