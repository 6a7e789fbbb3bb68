import { ReadGuards } from './read-guards';

type Guard = { updateOne?: { filter: { _id: string } }; deleteOne?: { filter: { _id: string } } };

const ids = (operations: readonly unknown[]) =>
  (operations as Guard[]).map(({ updateOne, deleteOne }) => (updateOne ?? deleteOne)?.filter._id);

test('a reader touches one guard of a key, always the same until it has lost; a writer touches every one', () => {
  const guards = new ReadGuards();
  const [first] = ids(guards.forMeta(['k'], new Map()));
  expect(ids(guards.forMeta(['k', 'l'], new Map()))).toEqual([first, first?.replace('k#', 'l#')]);
  const written = ids(guards.forMeta([], new Map([['k', '1']])));
  expect(written).toHaveLength(8);
  expect(written).toContain(first);
  const later = new Set<string | undefined>();
  for (let i = 0; i < 200; i++) {
    guards.conflicted();
    later.add(ids(guards.forMeta(['k'], new Map()))[0]);
  }
  expect(later).toEqual(new Set(written));
});

test('whoever deletes a key makes each guard before it removes it, so that it conflicts with a reader that makes one', () => {
  const operations = new ReadGuards().forMeta([], new Map([['k', null]])) as Guard[];
  expect(operations.map((one) => (one.updateOne ? 'touch' : 'remove'))).toEqual(
    Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 'touch' : 'remove')),
  );
});
