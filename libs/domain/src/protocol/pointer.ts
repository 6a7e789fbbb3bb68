/**
 * Which base view is served, and when it may move. The one law makes every view,
 *
 *     base(k) = base(i) ⊕ states(cut i … cut k)
 *
 * where the states come from batch (Lambda) or from the closed epochs of speed (Kappa); nothing of base(k) is seen before
 * the pointer moves to k.
 */
import type { LaneKey, Lanes } from '../lanes';
import type { Epoch, Generation, Line, Offset } from '../numbers';
import { epochAfter } from '../numbers';
import type { LedgerCounts } from './ledger';
import { EMPTY_LEDGER, addLedgers } from './ledger';
import type { EpochProgress, LaneReach } from './reach';
import type { CutTimes } from './times';

/** The base view that is served. */
export interface Pointer extends CutTimes {
  readonly line: Line;
  /** The generation that is served: the fold of all epochs before it. */
  readonly generation: Generation;
  /** Lane → the epoch that begins at the cut: `generation`, or a later one where barriers skipped numbers. */
  readonly epochs: Lanes<Epoch>;
  /** When it moved, milliseconds since the epoch. */
  readonly at: number;
  /** Of the plan: states of another definition are never merged. */
  readonly hash: string;
  /** Of everything before the cut. */
  readonly ledger: LedgerCounts;
  /** In which orders all cells of the line stand, beside that of their keys. Absent: in none, for sure. */
  readonly orders?: string;
  /** Rows of windows that end by then are past the product's retention, microseconds (see retention.ts). Absent: none is. */
  readonly horizon?: number;
}

/** What is served before the first generation. */
export const emptyPointer = (hash: string): Pointer => ({
  line: 0,
  generation: 0,
  cut: {},
  epochs: {},
  at: 0,
  hash,
  ledger: EMPTY_LEDGER,
  watermark: null,
  barriers: {},
});

/** Which base view a range of the log was computed for. From generation 0 and full: a new line. */
export interface RangeHead {
  readonly hash: string;
  readonly full: boolean;
  /** The line that it is meant for: the served one, or the next one for a full recomputation. */
  readonly line: Line;
  /** The generation that it builds on: 0 for a full recomputation. */
  readonly from: Generation;
  /** The generation that it makes. */
  readonly to: Generation;
}

/** Which base view a fold reads and writes. */
export interface FoldTarget {
  readonly line: Line;
  readonly from: Generation;
  readonly to: Generation;
  /** Of the base at `from`: rows of windows that were over by then are amended. Null: there were none. */
  readonly times: CutTimes | null;
}

/**
 * The base view that a range builds on, or null if the range is of the past, or of another base. Each part of a range is
 * judged by itself, so it names its line: if the pointer moves between two parts, the rest must not land on the line after
 * that, as a view of which the first part lacks. Once a range is judged null it stays so: pointers only move on.
 */
export function judgeRange(pointer: Pointer, range: RangeHead): FoldTarget | null {
  if (range.full) {
    if (range.line !== pointer.line + 1 || range.to < pointer.generation) return null;
    return { line: range.line, from: 0, to: range.to, times: null };
  }
  if (range.line !== pointer.line || range.hash !== pointer.hash) return null;
  if (range.from !== pointer.generation || range.to <= range.from) return null;
  return { line: pointer.line, from: range.from, to: range.to, times: timesOf(pointer) };
}

/** What a view knows of time, without the rest of it. */
export const timesOf = ({ watermark, cut, barriers }: CutTimes): CutTimes => ({ watermark, cut, barriers });

/** What a pointer moves to. Watermark and ledger are of the range that was folded, barriers of lanes in which it has records. */
export interface Move extends CutTimes {
  readonly epochs: Lanes<Epoch>;
  readonly ledger: LedgerCounts;
}

/**
 * The pointer from which on base(to) is served.
 *
 * @param at when it moves, milliseconds since the epoch
 */
export function movedPointer(
  pointer: Pointer,
  target: FoldTarget,
  move: Move,
  hash: string,
  at: number,
): Pointer {
  const anew = target.from === 0;
  return {
    line: target.line,
    generation: target.to,
    cut: move.cut,
    epochs: move.epochs,
    at,
    hash,
    ledger: anew ? move.ledger : addLedgers(pointer.ledger, move.ledger),
    watermark: anew ? move.watermark : laterOf(pointer.watermark, move.watermark),
    barriers: anew ? move.barriers : { ...pointer.barriers, ...move.barriers },
  };
}

/** An epoch of a lane that has landed, with what it adds to a base view. */
export interface LandedEpoch extends EpochProgress {
  readonly ledger: LedgerCounts;
  readonly watermark: number | null;
  /** The `barrierTime` of the barrier that closed it; null: it is open, or a release before closed it. */
  readonly closedAt: number | null;
  /** In which orders all of its cells stand, beside that of their keys. Absent: in none, for sure. */
  readonly orders?: string;
  /** It lacks records that rows of windows may have which end by then, microseconds: no answer has these rows. Absent: it has all. */
  readonly horizon?: number;
}

/**
 * Kappa: the cut at generation `to`, which the closed epochs before it make, and what they add. In each lane the cut lies
 * where the first epoch from `to` on begins.
 *
 * @param lanes each lane's reach beyond the pointer's cut, and its epochs
 */
export function closedMove(
  pointer: Pointer,
  lanes: ReadonlyMap<LaneKey, { readonly reach: LaneReach; readonly progress: readonly LandedEpoch[] }>,
  to: Generation,
): Move {
  const cut: Record<LaneKey, Offset> = {};
  const epochs: Record<LaneKey, Epoch> = {};
  const barriers: Record<LaneKey, number> = {};
  let ledger = EMPTY_LEDGER;
  let watermark: number | null = null;
  for (const [lane, { reach, progress }] of lanes) {
    cut[lane] = pointer.cut[lane] ?? 0;
    epochs[lane] = pointer.epochs[lane] ?? 0;
    for (const one of progress) {
      if (!isClosedBefore(one.epoch, to) || !reach.epochs.includes(one.epoch)) continue;
      ledger = addLedgers(ledger, one.ledger);
      watermark = laterOf(watermark, one.watermark);
      if (one.next > (cut[lane] ?? 0) && one.closedAt !== null) barriers[lane] = one.closedAt;
      cut[lane] = Math.max(cut[lane] ?? 0, one.next);
      epochs[lane] = Math.max(epochs[lane] ?? 0, one.nextEpoch);
    }
  }
  return { cut, epochs, barriers, ledger, watermark };
}

/** Generation k holds an epoch below k; where `to` is a foldable generation, all of these are closed. */
export const isClosedBefore = (epoch: Epoch, to: Generation): boolean => epoch < epochAfter(to);

/** No reader of the served view, or of a later one, takes this epoch of a lane any more. */
export const isBehind = (served: Pointer, lane: LaneKey, epoch: Epoch): boolean =>
  epoch < (served.epochs[lane] ?? 0);

/** The later of two watermarks, where either may be unknown. */
export function laterOf(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
