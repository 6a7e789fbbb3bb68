import type { Clock, ConsumeOptions, LogConsumer } from '@tenon/ports';
import { Consumer } from './consumer';
import type { Topic } from './topic';

/** A member that has not polled for this long is taken for dead: the others get its partitions. */
const SESSION_MS = 30_000;

/** The consumers of one group: partitions are shared evenly, and handed over when their holder polls or is gone. */
export class ConsumerGroup {
  private readonly members: Consumer[] = [];

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

  leave(consumer: Consumer): void {
    const index = this.members.indexOf(consumer);
    if (index < 0) return;
    this.members.splice(index, 1);
    if (this.members.length === 0) this.onEmpty();
    this.topic.wake();
  }

  /** Partitions that a member is to give up, and partitions to take that nobody else holds any more. */
  changesFor(consumer: Consumer): { revoked: number[]; assigned: number[] } {
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
  private shareOf(consumer: Consumer): Set<number> {
    const live = this.members.filter((member) => this.isLive(member));
    const index = live.indexOf(consumer);
    const share = new Set<number>();
    for (let partition = 0; partition < this.topic.partitions.length; partition++) {
      if (partition % live.length === index) share.add(partition);
    }
    return share;
  }

  private isLive(member: Consumer): boolean {
    return this.clock.monotonic() - member.polledAt <= SESSION_MS;
  }

  private isFree(partition: number, taker: Consumer): boolean {
    return !this.members.some((member) => member !== taker && member.holds(partition) && this.isLive(member));
  }
}
