import * as fc from 'fast-check';
import { judgeFlush } from './flush';

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
    const incarnation = fc
      .array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 })
      .map((ends) => {
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
