import fc from 'fast-check';
import { judgeArchived } from './archive';

test('what writers bring, in any order and cut anywhere, is archived once each and without a gap', () => {
  const file = fc
    .tuple(fc.nat(40), fc.integer({ min: 1, max: 12 }))
    .map(([from, length]) => ({ from, to: from + length }));
  fc.assert(
    fc.property(fc.array(file, { maxLength: 30 }), (files) => {
      const given: number[] = [];
      let next = 0;
      for (const one of files) {
        const verdict = judgeArchived(next, one);
        const brings = Array.from({ length: one.to - one.from }, (_, index) => one.from + index);
        const fresh = brings.filter((offset) => offset >= next);
        expect(verdict).toBe(fresh.length === 0 ? 'held' : fresh[0] === next ? 'append' : 'gap');
        if (verdict !== 'append') continue;
        given.push(...fresh);
        next = one.to;
      }
      expect(given).toEqual(Array.from({ length: next }, (_, offset) => offset));
    }),
  );
});
