import type { WireCell } from '@tenon/contracts';
import fc from 'fast-check';
import { RangeQueue } from './range-queue';
import type { RangeStep } from './steps';

const message = {} as RangeStep['message'];
const cellsOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, index): WireCell => [[from + index], []]);

/** A queue with frames of these sizes, the last of which ends its range. */
function filled(sizes: readonly number[], rangeCells = 1, maxRangeCells = 1000): RangeQueue {
  const queue = new RangeQueue({ rangeCells, maxRangeCells });
  let at = 0;
  sizes.forEach((size, index) => {
    queue.add(0, 7, 7 + index, {
      type: 'range',
      message,
      cells: cellsOf(at, size),
      whole: index === sizes.length - 1,
    });
    at += size;
  });
  return queue;
}

describe('a queue of ranges', () => {
  test('gives every cell once, in order, however it is taken; only the last piece makes the range whole', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        sizes,
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 100, maxLength: 100 }),
        (frames, takes) => {
          const queue = filled(frames);
          const taken: RangeStep[] = [];
          for (const cells of takes) {
            const { steps } = queue.take(cells);
            expect(steps.reduce((sum, step) => sum + step.cells.length, 0)).toBeLessThanOrEqual(cells);
            taken.push(...steps);
          }
          expect(queue.isEmpty).toBe(true);
          expect(taken.flatMap((step) => step.cells)).toEqual(
            cellsOf(
              0,
              frames.reduce((sum, size) => sum + size, 0),
            ),
          );
          expect(taken.map(({ whole }) => whole)).toEqual(
            taken.map((_, index) => index === taken.length - 1),
          );
        },
      ),
    );
  });

  test('is resumed at the first frame of a range until all of it was taken', () => {
    const queue = filled([3, 3]);
    expect(queue.nextOf(0, 20)).toBe(7);
    queue.take(5);
    expect([queue.resumeAt(0, 20), queue.resumeAt(1, 20)]).toEqual([7, 20]);
    expect([queue.nextOf(0, 20), queue.nextOf(1, 20)]).toEqual([8, 20]);
    expect(queue.take(1).partitions).toEqual(new Set([0]));
    expect(queue.resumeAt(0, 20)).toBe(20);
  });

  test('gives a share beside flushes: more the more waits, and all above its bound', () => {
    expect(filled([100]).share).toBe(2);
    expect(filled([100], 10).share).toBe(10);
    expect(filled([640, 640], 1, 1270).share).toBe(20);
    expect(filled([640, 640], 1, 280).share).toBe(1000);
  });

  test("forgets a partition that is another instance's", () => {
    const queue = filled([3, 3]);
    queue.add(1, 2, 2, { type: 'range', message, cells: cellsOf(0, 64), whole: true });
    queue.drop(0);
    expect(queue.resumeAt(0, 20)).toBe(20);
    expect(queue.share).toBe(1);
    expect(queue.take(Infinity).partitions).toEqual(new Set([1]));
  });
});
