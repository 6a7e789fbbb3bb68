/** Whether hints went missing on their way: what they cover, held against what the store includes. */
import type { Covers } from '@tenon/contracts';
import type { Generation, LaneKey, LaneOffsets, Line, Offset } from '@tenon/domain';

/** What a look at the store finds. */
export interface Seen {
  /** Lane → the offset up to which events are in. */
  readonly included: LaneOffsets;
  readonly generation: Generation;
  readonly line: Line;
}

export class HintCheck {
  /** Lane → the offset up to which every change has been told; null: no look has begun the account yet. */
  private told: Record<LaneKey, Offset> | null = null;
  private seen: Seen | null = null;
  /** Clients have been told of another generation. */
  private moved = false;
  /** How `told` and `moved` were when the store was asked: hints that came since are ahead of what it says. */
  private asked: { readonly told: LaneOffsets; readonly moved: boolean } | null = null;

  /** Begins anew: what has been told so far is not known. */
  reset(): void {
    this.told = null;
    this.seen = null;
    this.asked = null;
  }

  /** @returns false if the hint does not join on to what was told before */
  hinted(covers: Covers | undefined, everything: boolean): boolean {
    if (everything) this.moved = true;
    if (this.told === null) return true;
    if (covers === undefined) {
      // An instance of a release before this one: there is no account of what it tells, until the next look.
      if (!everything) this.reset();
      return true;
    }
    let joins = true;
    for (const [lane, [from, to]] of Object.entries(covers)) {
      const told = this.told[lane] ?? 0;
      if (from > told) joins = false;
      this.told[lane] = Math.max(told, to);
    }
    return joins;
  }

  /** To be called before the store is asked. */
  asking(): void {
    this.asked = { told: { ...this.told }, moved: this.moved };
    this.moved = false;
  }

  /**
   * @param patient a hint may be under way just now, so only what was there at the last look, too, counts as missing
   * @returns false if something is in that no hint has told of
   */
  looked(now: Seen, patient: boolean): boolean {
    const { told, seen, asked } = this;
    this.seen = now;
    if (told === null || seen === null || asked === null) {
      this.told = { ...now.included };
      return true;
    }
    const due = patient ? seen.included : now.included;
    const missed = Object.entries(due).some(([lane, next]) => next > (told[lane] ?? 0));
    const fallen = Object.entries(asked.told).some(([one, next]) => next > (now.included[one] ?? 0));
    const another = seen.generation !== now.generation || seen.line !== now.line;
    if (missed || fallen) this.told = { ...now.included };
    return !missed && !fallen && (!another || asked.moved || this.moved);
  }
}
