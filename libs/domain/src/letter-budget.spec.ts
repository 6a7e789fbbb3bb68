import fc from 'fast-check';
import { LetterBudget } from './letter-budget';

const HOUR = 3_600_000;

it('keeps what an hour may hold, of the rest a few to the end, and counts every one', () => {
  const letter = fc.record({ bytes: fc.nat(100), ms: fc.nat(HOUR - 1) });
  const limits = fc.record({ letters: fc.nat(20), bytes: fc.nat(500) });
  fc.assert(
    fc.property(limits, fc.array(letter, { maxLength: 300 }), (limit, letters) => {
      const budget = new LetterBudget(limit);
      const kept = letters.filter(({ bytes, ms }) => budget.admits(bytes, ms));
      const { totals } = budget;
      expect(totals).toEqual({ kept: kept.length, counted: letters.length - kept.length });
      const samples = Math.ceil(Math.log2(letters.length + 2));
      expect(kept.length).toBeLessThanOrEqual(limit.letters + samples);
      const bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
      expect(bytes).toBeLessThanOrEqual(limit.bytes + samples * 100);
      if (letters.length <= limit.letters && budget.within) expect(totals.counted).toBe(0);
    }),
  );
});

it('begins anew each hour', () => {
  const budget = new LetterBudget({ letters: 2, bytes: 1_000 });
  const hour = (number: number) => [1, 2, 3, 4, 5, 6].map(() => budget.admits(1, number * HOUR + 5));
  const first = hour(7);
  expect(first).toEqual([true, true, true, true, false, true]);
  expect(budget.within).toBe(false);
  expect(hour(8)).toEqual(first);
});
