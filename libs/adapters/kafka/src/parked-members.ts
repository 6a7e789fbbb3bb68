/**
 * Members of groups whose readers have left while Kafka was away. The group's coordinator remembers the members that it knew, and
 * when it is back it lets a new one in only once these have come or their sessions are over. So a member is kept with its name, and
 * the next reader of its group goes on with it.
 */
import type { Membership } from './membership';

/** A member that is heard again and nobody takes holds partitions that nobody reads: it leaves after this long. */
const LEAVE_AFTER_MS = 30_000;
const LOOK_EVERY_MS = 5_000;

export class ParkedMembers {
  private readonly parked = new Map<string, Membership[]>();
  private timer: NodeJS.Timeout | null = null;
  private isClosed = false;

  /** True if it is kept; else it is the caller's to close. */
  park(membership: Membership): boolean {
    if (this.isClosed || !membership.isSilent()) return false;
    membership.attach(null);
    this.parked.set(membership.name, [...(this.parked.get(membership.name) ?? []), membership]);
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    return true;
  }

  /** @returns one of the group's, which is the caller's from now on; undefined: there is none */
  take(name: string): Membership | undefined {
    const [first, ...others] = this.parked.get(name) ?? [];
    this.set(name, others);
    return first;
  }

  private look(): void {
    for (const [name, members] of [...this.parked]) {
      const over = members.filter((one) => one.hasFailed || one.parkedAndHeardFor() > LEAVE_AFTER_MS);
      this.set(
        name,
        members.filter((one) => !over.includes(one)),
      );
      for (const one of over) void one.close();
    }
  }

  private set(name: string, members: readonly Membership[]): void {
    if (members.length > 0) this.parked.set(name, [...members]);
    else this.parked.delete(name);
    if (this.parked.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const members = [...this.parked.values()].flat();
    for (const name of [...this.parked.keys()]) this.set(name, []);
    await Promise.all(members.map((one) => one.close()));
  }
}
