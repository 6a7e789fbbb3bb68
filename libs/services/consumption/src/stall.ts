/**
 * Notices lanes that do not get on although the log has more: the last flush before a silence, or the one that
 * closes an epoch, went missing, and no later one will show it as a gap.
 */
import type { LaneKey, LaneOffsets, Offset } from '@tenon/domain';

interface Watched {
  readonly included: Offset;
  readonly askAt: number;
  readonly patience: number;
}

/** After each request in vain it waits twice as long: speed may just have much to do. */
const LONGEST_MS = 600_000;

export class StallWatch {
  private readonly watched = new Map<LaneKey, Watched>();

  constructor(private readonly patienceMs: number) {}

  /** Lanes that are being replayed: to ask meanwhile would have that begun anew. */
  replayed(now: number, lanes: Iterable<LaneKey>): void {
    for (const lane of lanes) {
      const known = this.watched.get(lane);
      if (known !== undefined) this.watched.set(lane, { ...known, askAt: now + known.patience });
    }
  }

  /**
   * @param included what answers include of each lane; @param end where the log ends
   * @returns the lanes that speed should replay
   */
  check(now: number, included: LaneOffsets, end: LaneOffsets): LaneKey[] {
    const stalled: LaneKey[] = [];
    for (const [lane, next] of Object.entries(included)) {
      const known = this.watched.get(lane);
      if (next >= (end[lane] ?? 0)) this.watched.delete(lane);
      else if (known === undefined || known.included !== next)
        this.watched.set(lane, { included: next, askAt: now + this.patienceMs, patience: this.patienceMs });
      else if (now >= known.askAt) {
        const patience = Math.min(known.patience * 2, LONGEST_MS);
        this.watched.set(lane, { included: next, askAt: now + patience, patience });
        stalled.push(lane);
      }
    }
    return stalled;
  }
}
