/** Which instances there are: those that have been heard of, until they say that they go or are silent for too long. */

export interface Member {
  readonly instance: string;
  readonly services: readonly string[];
}

/** Beats that an instance may miss before it is forgotten: a minute, at one each 5 s. */
const MOST_MISSED = 12;

export class Roster {
  private readonly known = new Map<string, { member: Member; missed: number }>();

  heard(member: Member): void {
    this.known.set(member.instance, { member, missed: 0 });
  }

  gone(instance: string): void {
    this.known.delete(instance);
  }

  /** Time for a beat has passed in which one could have been heard. */
  tick(): void {
    for (const [instance, one] of this.known) {
      one.missed += 1;
      if (one.missed > MOST_MISSED) this.known.delete(instance);
    }
  }

  members(): readonly Member[] {
    return [...this.known.values()].map(({ member }) => member);
  }
}
