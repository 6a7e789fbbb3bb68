import type { LandedEpoch, Pointer, RangeHead } from './pointer';
import {
  closedMove,
  emptyPointer,
  isBehind,
  isClosedBefore,
  judgeRange,
  laterOf,
  movedPointer,
  timesOf,
} from './pointer';
import { EMPTY_LEDGER } from './ledger';
import { reachOf } from './reach';

const ledger = (aggregated: number) => ({ ...EMPTY_LEDGER, aggregated });

/** Line 2 serves generation 5; lane s/1 skipped to epoch 7. */
const SERVED: Pointer = {
  ...emptyPointer('h'),
  line: 2,
  generation: 5,
  cut: { 's/0': 50, 's/1': 70 },
  epochs: { 's/0': 5, 's/1': 7 },
  ledger: ledger(120),
  watermark: 1000,
  barriers: { 's/0': 500, 's/1': 600 },
};
const TIMES = timesOf(SERVED);

describe('judgeRange', () => {
  const next: RangeHead = { hash: 'h', full: false, line: 2, from: 5, to: 6 };
  const anew: RangeHead = { hash: 'h', full: true, line: 3, from: 0, to: 5 };

  it('lands a range that builds on what is served, and a full one on the line after', () => {
    expect(judgeRange(SERVED, next)).toEqual({ line: 2, from: 5, to: 6, times: TIMES });
    expect(judgeRange(SERVED, { ...next, to: 9 })).toMatchObject({ to: 9 });
    expect(judgeRange(SERVED, anew)).toEqual({ line: 3, from: 0, to: 5, times: null });
  });

  it.each<[string, RangeHead]>([
    ['of the line before', { ...next, line: 1 }],
    ['of another definition', { ...next, hash: 'other' }],
    ['on the generation before', { ...next, from: 4 }],
    ['on a generation to come', { ...next, from: 6, to: 7 }],
    ['that ends where it begins', { ...next, to: 5 }],
    ['in full for the served line', { ...anew, line: 2 }],
    ['in full for a line after the next', { ...anew, line: 4 }],
    ['in full that an incremental one has overtaken', { ...anew, to: 4 }],
  ])('lands no range %s', (_, head) => {
    expect(judgeRange(SERVED, head)).toBeNull();
  });
});

describe('movedPointer', () => {
  const move = {
    ...{ cut: { 's/0': 60 }, epochs: { 's/0': 6 }, barriers: { 's/0': 510 } },
    ...{ ledger: ledger(30), watermark: 900 },
  };

  it('adds a range to what is served', () => {
    const moved = movedPointer(SERVED, { line: 2, from: 5, to: 6, times: TIMES }, move, 'h', 17);
    expect(moved).toEqual({
      ...move,
      line: 2,
      generation: 6,
      at: 17,
      hash: 'h',
      ledger: ledger(150),
      watermark: 1000,
      barriers: { 's/0': 510, 's/1': 600 },
    });
  });

  it('takes a full range for all there is', () => {
    const moved = movedPointer(SERVED, { line: 3, from: 0, to: 6, times: null }, move, 'new', 17);
    expect(moved).toMatchObject({ line: 3, generation: 6, hash: 'new', ledger: ledger(30), watermark: 900 });
    expect(moved.barriers).toEqual({ 's/0': 510 });
  });
});

describe('closedMove', () => {
  const landed = (epoch: number, start: number, next: number, nextEpoch = epoch + 1): LandedEpoch => ({
    epoch,
    start,
    next,
    closed: true,
    nextEpoch,
    ledger: ledger(next - start),
    watermark: next,
    closedAt: next * 10,
  });
  const laneOf = (lane: string, progress: LandedEpoch[]) =>
    [lane, { progress, reach: reachOf(progress, SERVED.cut[lane] ?? 0, SERVED.epochs[lane] ?? 0) }] as const;

  it('cuts each lane where its first epoch from there on begins', () => {
    const lanes = new Map([
      laneOf('s/0', [landed(5, 50, 58), landed(6, 58, 63, 9), landed(9, 63, 66)]),
      laneOf('s/1', [landed(7, 70, 75)]),
    ]);
    expect(closedMove(SERVED, lanes, 7)).toEqual({
      cut: { 's/0': 63, 's/1': 70 },
      epochs: { 's/0': 9, 's/1': 7 },
      barriers: { 's/0': 630 },
      ledger: ledger(13),
      watermark: 63,
    });
  });

  it('leaves out what was folded before and is not pruned yet', () => {
    const lanes = new Map([
      laneOf('s/0', [landed(4, 40, 50), landed(5, 50, 58)]),
      laneOf('s/1', [landed(0, 0, 70, 7)]),
    ]);
    expect(closedMove(SERVED, lanes, 6)).toMatchObject({
      ...{ cut: { 's/0': 58, 's/1': 70 }, ledger: ledger(8), barriers: { 's/0': 580 } },
    });
  });

  it('begins at the beginning of a lane that the pointer does not name', () => {
    const lanes = new Map([laneOf('t/0', [landed(0, 0, 5, 6)])]);
    expect(closedMove(SERVED, lanes, 6)).toMatchObject({ cut: { 't/0': 5 }, epochs: { 't/0': 6 } });
  });
});

describe('what lies before a generation', () => {
  it('is an epoch below it, and in a lane whatever is below the epoch at its cut', () => {
    expect([4, 5, 6].map((epoch) => isClosedBefore(epoch, 5))).toEqual([true, false, false]);
    expect([4, 5].map((epoch) => isBehind(SERVED, 's/0', epoch))).toEqual([true, false]);
    expect([6, 7].map((epoch) => isBehind(SERVED, 's/1', epoch))).toEqual([true, false]);
    expect(isBehind(SERVED, 't/0', 0)).toBe(false);
  });

  it('is known by the later of two watermarks', () => {
    expect([laterOf(null, null), laterOf(3, null), laterOf(null, 4), laterOf(5, 4)]).toEqual([null, 3, 4, 5]);
  });
});
