import fc from 'fast-check';
import { OffsetSet } from './offset-set';

test('holds what was put in, as a set does', () => {
  const offsets = fc.array(fc.oneof(fc.nat(300), fc.nat(200_000), fc.nat(2 ** 40)), { maxLength: 60 });
  fc.assert(
    fc.property(offsets, offsets, fc.nat(200_000), (added, asked, below) => {
      const [set, plain] = [new OffsetSet(), new Set(added)];
      added.forEach((offset) => set.add(offset));
      expect([...added, ...asked].map((offset) => set.has(offset))).toEqual(
        [...added, ...asked].map((offset) => plain.has(offset)),
      );
      set.forget(below);
      for (const offset of added) if (offset >= below) expect(set.has(offset)).toBe(true);
    }),
  );
});
