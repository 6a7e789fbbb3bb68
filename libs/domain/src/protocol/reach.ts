/** How far a reader may go beyond the cut: the speed epochs that join on to it, lane by lane. */
import type { Epoch, Generation, Offset } from '../numbers';
import { generationBefore } from '../numbers';

/** How far an epoch of a lane has landed. */
export interface EpochProgress {
  readonly epoch: Epoch;
  readonly start: Offset;
  readonly next: Offset;
  readonly closed: boolean;
  readonly nextEpoch: Epoch;
}

/** What a reader takes of one lane beyond the cut. */
export interface LaneReach {
  /** The epochs whose speed states count, in order. */
  readonly epochs: readonly Epoch[];
  /** The next offset that is not included. */
  readonly included: Offset;
  /** The epoch that `included` belongs to; all before it are closed. */
  readonly open: Epoch;
  /** States lie beyond `included` that do not join on: something went missing in between. */
  readonly gap: boolean;
}

/**
 * Follows a lane's epochs from the cut as long as each begins where the one before ended, so that an answer is
 * exactly the fold of the records below `included`. A barrier takes an offset, so no two epochs begin at one place: of states
 * that speed made, number and start say the same. Both are asked, so that a store which holds others (mended by hand, or from
 * another log) shows a gap and never a wrong number.
 *
 * @param progress the lane's epochs, in any order
 */
export function reachOf(progress: readonly EpochProgress[], cut: Offset, cutEpoch: Epoch): LaneReach {
  const epochs: Epoch[] = [];
  const ordered = progress.filter((one) => one.epoch >= cutEpoch).sort((a, b) => a.epoch - b.epoch);
  let included = cut;
  let open = cutEpoch;
  for (const one of ordered) {
    if (one.epoch !== open || one.start !== included) return { epochs, included, open, gap: true };
    epochs.push(one.epoch);
    included = one.next;
    // Later epochs have begun, so the end of this one went missing.
    if (!one.closed) return { epochs, included, open, gap: one !== ordered.at(-1) };
    open = one.nextEpoch;
  }
  return { epochs, included, open, gap: false };
}

/** The generation that the closed epochs of all lanes allow: every lane has left all epochs before it. */
export function foldableGeneration(reaches: Iterable<LaneReach>): Generation {
  return generationBefore(Math.min(...[...reaches].map((reach) => reach.open)));
}
