/** Which instances there are: those that have been heard of, until they say that they go or are silent for too long. */

export interface Member {
  readonly instance: string;
  readonly services: readonly string[];
}

/** Beats that an instance may miss before it is forgotten: a minute, at one each 5 s. */
const MOST_MISSED = 12;

/** An instance that was there for fewer beats than these was not there for long: a minute. */
const SHORT_LIFE = 12;
/** How long a short life is remembered, in beats: ten minutes. */
const REMEMBERED = 120;

interface Known {
  readonly member: Member;
  readonly since: number;
  missed: number;
}

export class Roster {
  private readonly known = new Map<string, Known>();
  private beats = 0;
  /** Services of instances that came and went soon, with the beat at which they went. */
  private shortLives: { readonly service: string; readonly at: number }[] = [];

  heard(member: Member): void {
    const since = this.known.get(member.instance)?.since ?? this.beats;
    this.known.set(member.instance, { member, since, missed: 0 });
  }

  gone(instance: string): void {
    const known = this.known.get(instance);
    if (known === undefined) return;
    this.known.delete(instance);
    // Of whoever was there before this one nobody knows since when.
    if (known.since === 0 || this.beats - known.since - known.missed >= SHORT_LIFE) return;
    for (const service of known.member.services) this.shortLives.push({ service, at: this.beats });
  }

  /** Service → how many of its instances came and went within a minute, in the last ten. */
  shortLived(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { service } of this.shortLives) counts.set(service, (counts.get(service) ?? 0) + 1);
    return counts;
  }

  /** Time for a beat has passed in which one could have been heard. */
  tick(): void {
    this.beats += 1;
    this.shortLives = this.shortLives.filter(({ at }) => this.beats - at < REMEMBERED);
    for (const [instance, one] of this.known) {
      one.missed += 1;
      if (one.missed > MOST_MISSED) this.gone(instance);
    }
  }

  members(): readonly Member[] {
    return [...this.known.values()].map(({ member }) => member);
  }
}
