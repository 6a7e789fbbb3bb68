import * as fc from 'fast-check';
import { EMPTY_LEDGER } from './ledger';
import type { RangeCommit } from './slices';
import { EMPTY_ACCOUNT, commitOfWhole, withCommit, withSlice } from './slices';

const commitOf = (slices: number): RangeCommit => ({
  slices,
  cut: { 's/0': 9 },
  epochs: { 's/0': 1 },
  ledger: EMPTY_LEDGER,
  barriers: {},
  watermark: null,
});

describe('the account of a range', () => {
  it('is whole with the last of its slices and its commit, in any order, however often each lands', () => {
    const pieces = fc.integer({ min: 0, max: 6 }).chain((slices) =>
      fc.record({
        slices: fc.constant(slices),
        /** A slice, or the commit where it is the number of slices. */
        landings: fc.array(fc.nat(slices), { maxLength: 30 }),
      }),
    );
    fc.assert(
      fc.property(pieces, ({ slices, landings }) => {
        let account = EMPTY_ACCOUNT;
        const seen = new Set<number>();
        for (const piece of landings) {
          account = piece === slices ? withCommit(account, commitOf(slices)) : withSlice(account, piece);
          seen.add(piece);
          expect(commitOfWhole(account)).toEqual(seen.size === slices + 1 ? commitOf(slices) : null);
        }
        expect(account.landed).toEqual([...seen].filter((piece) => piece < slices).sort((a, b) => a - b));
      }),
    );
  });

  it('of a range that changes no cell is whole with its commit', () => {
    expect(commitOfWhole(EMPTY_ACCOUNT)).toBeNull();
    expect(commitOfWhole(withCommit(EMPTY_ACCOUNT, commitOf(0)))).toEqual(commitOf(0));
  });
});
