/** What a group and its members know of each other. */

export interface Member {
  /** When it last polled, by the monotonic clock. */
  readonly polledAt: number;
  partitions(): Iterable<number>;
  holds(partition: number): boolean;
  /** Takes partitions away; the next poll tells. */
  lose(partitions: readonly number[]): void;
}

export interface Membership {
  /** Partitions that a member is to give up, and partitions to take that nobody else holds any more. */
  changesFor(member: Member): { revoked: number[]; assigned: number[] };
  leave(member: Member): void;
}
