import type { EpochProgress } from './reach';
import { foldableGeneration, reachOf } from './reach';

describe('reachOf', () => {
  const epoch = (
    n: number,
    start: number,
    next: number,
    closed: boolean,
    nextEpoch = n + 1,
  ): EpochProgress => ({
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
    expect(reachOf([epoch(2, 20, 29, true), epoch(3, 30, 35, false)], 20, 2)).toMatchObject({
      included: 29,
      gap: true,
    });
  });

  it('sees that the end of an epoch went missing by the one that follows it', () => {
    const reach = reachOf([epoch(2, 20, 29, false), epoch(3, 30, 35, false)], 20, 2);
    expect(reach).toEqual({ epochs: [2], included: 29, open: 2, gap: true });
  });

  it('passes epoch numbers that barriers skipped', () => {
    expect(reachOf([epoch(2, 20, 30, true, 7), epoch(7, 30, 31, false)], 20, 2)).toMatchObject({
      included: 31,
      open: 7,
      gap: false,
    });
  });

  it('lets a generation be folded only when every partition has left its epochs', () => {
    const ahead = reachOf([epoch(0, 0, 5, true), epoch(1, 5, 9, true)], 0, 0);
    const behind = reachOf([epoch(0, 0, 4, true)], 0, 0);
    expect(foldableGeneration([ahead, behind])).toBe(1);
    expect(foldableGeneration([ahead, reachOf([], 0, 0)])).toBe(0);
  });
});
