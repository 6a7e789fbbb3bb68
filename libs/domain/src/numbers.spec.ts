import type { Epoch, Generation, Line, Offset, Partition } from './numbers';
import { epochAfter, generationBefore } from './numbers';

describe('numbers of different kinds', () => {
  it('can not be handed over as each other: the type check is the test', () => {
    const offset: Offset = 7;
    const epoch: Epoch = 3;
    const generation: Generation = generationBefore(epoch);
    const line: Line = 0;
    const partition: Partition = 1;
    // @ts-expect-error an offset is no epoch
    const a: Epoch = offset;
    // @ts-expect-error an epoch is no generation
    const b: Generation = epoch;
    // @ts-expect-error a generation is no line
    const c: Line = generation;
    // @ts-expect-error a partition is no offset
    const d: Offset = partition;
    // @ts-expect-error a line is no partition
    const e: Partition = line;
    expect([a, b, c, d, e]).toEqual([7, 3, 3, 1, 0]);
  });

  it('generation k holds the epochs below k', () => {
    expect(generationBefore(4)).toBe(4);
    expect(epochAfter(4)).toBe(4);
  });
});
