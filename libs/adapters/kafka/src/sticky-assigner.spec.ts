import fc from 'fast-check';
import type { Member } from './sticky-assigner';
import { assignPartitions } from './sticky-assigner';

const partitionsOf = (count: number) => Array.from({ length: count }, (_, partition) => partition);
const holding = (holds: Readonly<Record<string, readonly number[]>>): Member[] =>
  Object.entries(holds).map(([memberId, partitions]) => ({ memberId, holds: partitions }));
const moved = (before: Readonly<Record<string, readonly number[]>>, after: ReadonlyMap<string, number[]>) =>
  [...after].flatMap(([memberId, partitions]) =>
    partitions.filter((one) => !before[memberId]?.includes(one)),
  );

test('every partition has one member, and no member two more than another, whatever they say to hold', () => {
  const groups = fc.record({
    count: fc.integer({ min: 0, max: 40 }),
    holds: fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 50 })), { minLength: 1, maxLength: 8 }),
  });
  fc.assert(
    fc.property(groups, ({ count, holds }) => {
      const members = holds.map((partitions, index) => ({ memberId: `m${index}`, holds: partitions }));
      const assigned = assignPartitions(members, partitionsOf(count));
      expect([...assigned.keys()].sort()).toEqual(members.map(({ memberId }) => memberId).sort());
      expect([...assigned.values()].flat().sort((a, b) => a - b)).toEqual(partitionsOf(count));
      const sizes = [...assigned.values()].map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test('one that joins gets its share, and nothing else moves', () => {
  const before = { a: [0, 2, 4], b: [1, 3, 5], c: [] };
  const after = assignPartitions(holding(before), partitionsOf(6));
  expect(moved(before, after)).toHaveLength(2);
  expect(after.get('c')).toHaveLength(2);
});

test('what one had that left is divided among the others, who keep theirs', () => {
  const before = { a: [0, 1], c: [4, 5] };
  const after = assignPartitions(holding(before), partitionsOf(6));
  expect(moved(before, after).sort()).toEqual([2, 3]);
});

test('a group that stays as it is stays as it is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 40 }), (members, count) => {
      const names = Array.from({ length: members }, (_, index) => `m${index}`);
      const first = assignPartitions(
        holding(Object.fromEntries(names.map((name) => [name, []]))),
        partitionsOf(count),
      );
      const before = Object.fromEntries(first);
      expect(moved(before, assignPartitions(holding(before), partitionsOf(count)))).toEqual([]);
    }),
  );
});

test('more members than partitions: some have none', () => {
  const after = assignPartitions(holding({ a: [1], b: [], c: [0] }), partitionsOf(2));
  expect([...after.values()].map(({ length }) => length).sort()).toEqual([0, 1, 1]);
  expect(after.get('a')).toEqual([1]);
});
