/**
 * Notices partitions that do not get on although the log has more: the last flush before a silence, or the one that
 * closes an epoch, went missing, and no later one will show it as a gap.
 */
import type { Offsets } from '@tenon/domain';

interface Watched {
  readonly included: number;
  readonly askAt: number;
  readonly patience: number;
}

/** After each request in vain it waits twice as long: speed may just have much to do. */
const LONGEST_MS = 600_000;

export class StallWatch {
  private readonly watched = new Map<string, Watched>();

  constructor(private readonly patienceMs: number) {}

  /**
   * @param included what answers include of each partition; @param end where the log ends
   * @returns the partitions that speed should replay
   */
  check(now: number, included: Offsets, end: Offsets): number[] {
    const stalled: number[] = [];
    for (const [partition, next] of Object.entries(included)) {
      const known = this.watched.get(partition);
      if (next >= (end[partition] ?? 0)) this.watched.delete(partition);
      else if (known === undefined || known.included !== next)
        this.watched.set(partition, {
          included: next,
          askAt: now + this.patienceMs,
          patience: this.patienceMs,
        });
      else if (now >= known.askAt) {
        const patience = Math.min(known.patience * 2, LONGEST_MS);
        this.watched.set(partition, { included: next, askAt: now + patience, patience });
        stalled.push(Number(partition));
      }
    }
    return stalled;
  }
}
