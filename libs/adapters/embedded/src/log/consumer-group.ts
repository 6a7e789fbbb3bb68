import type { Clock, ConsumeOptions, LogConsumer } from '@tenon/ports';
import { Consumer } from './consumer';
import type { Member, Membership } from './membership';
import type { Topic } from './topic';

/** A member that has not polled for this long is taken for dead: the others get its partitions. */
const SESSION_MS = 30_000;

/** The consumers of one group: partitions are shared evenly, and handed over when their holder polls or is gone. */
export class ConsumerGroup implements Membership {
  private readonly members: Member[] = [];

  constructor(
    readonly topic: Topic,
    private readonly clock: Clock,
    private readonly onEmpty: () => void,
  ) {}

  join(startAt: ConsumeOptions['startAt']): LogConsumer {
    const consumer = new Consumer(this, this.topic, startAt, this.clock);
    this.members.push(consumer);
    this.topic.wake();
    return consumer;
  }

  leave(consumer: Member): void {
    const index = this.members.indexOf(consumer);
    if (index < 0) return;
    this.members.splice(index, 1);
    if (this.members.length === 0) this.onEmpty();
    this.topic.wake();
  }

  changesFor(consumer: Member): { revoked: number[]; assigned: number[] } {
    const share = this.shareOf(consumer);
    const revoked = [...consumer.partitions()].filter((partition) => !share.has(partition));
    const assigned = [...share].filter(
      (partition) => !consumer.holds(partition) && this.isFree(partition, consumer),
    );
    // A dead member may come to life again; it must not go on with what another has been given.
    for (const member of this.members) if (member !== consumer) member.lose(assigned);
    return { revoked, assigned };
  }

  /** The partitions that a polling member should have. */
  private shareOf(consumer: Member): Set<number> {
    const live = this.members.filter((member) => this.isLive(member));
    const index = live.indexOf(consumer);
    const share = new Set<number>();
    for (let partition = 0; partition < this.topic.partitions.length; partition++) {
      if (partition % live.length === index) share.add(partition);
    }
    return share;
  }

  private isLive(member: Member): boolean {
    return this.clock.monotonic() - member.polledAt <= SESSION_MS;
  }

  private isFree(partition: number, taker: Member): boolean {
    return !this.members.some((member) => member !== taker && member.holds(partition) && this.isLive(member));
  }
}
