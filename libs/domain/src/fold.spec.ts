import * as fc from 'fast-check';
import type { StateSpec } from './states/spec';
import { foldCell, foldableGeneration, judgeFlush, reachOf, versionAt, type CellVersion, type EpochProgress } from './fold';

const COUNT: StateSpec[] = [{ kind: 'count' }];

describe('judgeFlush', () => {
  it('lands a flush that joins on or overlaps, once', () => {
    const flush = { epoch: 3, from: 10, to: 20 };
    expect(judgeFlush(flush, 10, 3)).toBe('apply');
    expect(judgeFlush(flush, 15, 3)).toBe('apply');
    expect(judgeFlush(flush, 20, 3)).toBe('stale');
    expect(judgeFlush(flush, 25, 0)).toBe('stale');
  });

  it('sees what went missing as a gap, and epochs behind the pointer as stale', () => {
    expect(judgeFlush({ epoch: 3, from: 10, to: 20 }, 9, 3)).toBe('gap');
    expect(judgeFlush({ epoch: 2, from: 10, to: 20 }, 10, 3)).toBe('stale');
  });

  it('makes any replay, order and repetition of absolute flushes end at the same fold', () => {
    // A partition's log is n ones; a flush [m, n) carries the absolute count n. Two incarnations flush at random points.
    const incarnation = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }).map((ends) => {
      const points = [0, ...[...new Set(ends)].sort((a, b) => a - b)];
      return points.slice(1).map((to, index) => ({ epoch: 0, from: points[index] ?? 0, to }));
    });
    fc.assert(
      fc.property(incarnation, incarnation, fc.infiniteStream(fc.boolean()), (a, b, picks) => {
        const queue = [a, [...a, ...b].length % 2 ? b : [...b, ...b]];
        let next = 0;
        let value = 0;
        while (queue.some((one) => one.length > 0)) {
          const pick = picks.next().value === true ? 0 : 1;
          const flush = (queue[pick]?.length ? queue[pick] : queue[1 - pick])?.shift();
          if (flush === undefined || judgeFlush(flush, next, 0) !== 'apply') continue;
          next = flush.to;
          value = flush.to;
          expect(value).toBe(next);
        }
      }),
    );
  });
});

describe('reachOf', () => {
  const epoch = (n: number, start: number, next: number, closed: boolean, nextEpoch = n + 1): EpochProgress => ({
    epoch: n,
    start,
    next,
    closed,
    nextEpoch,
  });

  it('follows closed epochs from the cut to the open one', () => {
    const reach = reachOf([epoch(3, 30, 35, false), epoch(2, 20, 30, true), epoch(1, 10, 20, true)], 20, 2);
    expect(reach).toEqual({ epochs: [2, 3], included: 35, open: 3, gap: false });
  });

  it('stops at an epoch that does not join on, and says so', () => {
    expect(reachOf([epoch(2, 20, 29, true), epoch(3, 30, 35, false)], 20, 2)).toMatchObject({ included: 29, gap: true });
  });

  it('sees that the end of an epoch went missing by the one that follows it', () => {
    const reach = reachOf([epoch(2, 20, 29, false), epoch(3, 30, 35, false)], 20, 2);
    expect(reach).toEqual({ epochs: [2], included: 29, open: 2, gap: true });
  });

  it('passes epoch numbers that barriers skipped', () => {
    expect(reachOf([epoch(2, 20, 30, true, 7), epoch(7, 30, 31, false)], 20, 2)).toMatchObject({ included: 31, open: 7, gap: false });
  });

  it('lets a generation be folded only when every partition has left its epochs', () => {
    const ahead = reachOf([epoch(0, 0, 5, true), epoch(1, 5, 9, true)], 0, 0);
    const behind = reachOf([epoch(0, 0, 4, true)], 0, 0);
    expect(foldableGeneration([ahead, behind])).toBe(1);
    expect(foldableGeneration([ahead, reachOf([], 0, 0)])).toBe(0);
  });
});

describe('foldCell', () => {
  it('keeps what readers of earlier generations see, and repeats to the same', () => {
    let versions: CellVersion[] = [];
    const change = (from: number, to: number, n: number) => ({ from, to, states: [n], amended: false });
    versions = foldCell(COUNT, versions, change(0, 1, 5));
    versions = foldCell(COUNT, versions, change(1, 2, 7));
    const again = foldCell(COUNT, versions, change(1, 2, 7));
    expect(again).toEqual(versions);
    expect(versionAt(versions, 1)?.s).toEqual([5]);
    expect(versionAt(versions, 2)?.s).toEqual([12]);
    expect(versionAt(versions, 0)).toBeUndefined();
  });

  it('is not misled by what an aborted run left behind', () => {
    const base = foldCell(COUNT, [], { from: 0, to: 1, states: [5], amended: false });
    const aborted = foldCell(COUNT, base, { from: 1, to: 2, states: [1], amended: false });
    const whole = foldCell(COUNT, aborted, { from: 1, to: 3, states: [9], amended: false });
    expect(versionAt(whole, 3)?.s).toEqual([14]);
    expect(versionAt(foldCell(COUNT, whole, { from: 3, to: 4, states: [1], amended: false }), 4)?.s).toEqual([15]);
  });

  it('leaves alone what a run beside it has made, since either may be the one that is served', () => {
    const base = foldCell(COUNT, [], { from: 0, to: 1, states: [5], amended: false });
    const short = foldCell(COUNT, base, { from: 1, to: 2, states: [1], amended: false });
    const both = foldCell(COUNT, short, { from: 1, to: 3, states: [9], amended: false });
    expect(versionAt(both, 2)?.s).toEqual([6]);
    const late = foldCell(COUNT, both, { from: 1, to: 2, states: [1], amended: false });
    expect(versionAt(late, 3)?.s).toEqual([14]);
    expect(versionAt(late, 1)?.s).toEqual([5]);
  });

  it('marks a final row that a late event changed, for good', () => {
    const base = foldCell(COUNT, [], { from: 0, to: 1, states: [5], amended: false });
    const amended = foldCell(COUNT, base, { from: 1, to: 2, states: [1], amended: true });
    expect(foldCell(COUNT, amended, { from: 2, to: 3, states: [1], amended: false })[0]).toEqual({ g: 3, s: [7], a: true });
  });
});
