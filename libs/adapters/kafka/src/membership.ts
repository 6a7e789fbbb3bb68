/**
 * Membership of a consumer group. kafkajs joins, keeps alive and leaves; it never fetches, since every partition is
 * paused at once: its fetching has no way to begin where we say, and gets stuck after rebalances (docs/adr).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, Kafka } from 'kafkajs';
import { Unavailable } from '@tenon/errors';
import { toTenonError } from './errors';
import type { Holding } from './sticky-assigner';
import { stickyAssigner } from './sticky-assigner';

export interface GroupTiming {
  /** A member that is silent for this long loses its partitions. The brokers bound it (6 s to 30 min by default). */
  readonly sessionTimeoutMs: number;
  /** How long members have to rejoin when the group changes. */
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatMs: number;
  /** So long it may take until partitions that somebody adds are seen. Default 5 min. */
  readonly metadataMaxAgeMs?: number;
}

export type Joined = Holding;

export interface MembershipListener {
  joined(joined: Joined): void;
  failed(error: unknown): void;
}

/** How often kafkajs looks whether a heartbeat is due. */
const TICK_MS = 200;
const CLOSE_MS = 5_000;
/** So many heartbeats that were not answered in time are no accident. */
const SILENT_BEATS = 4;

export class Membership {
  private readonly consumer: Consumer;
  private aliveAt = performance.now();
  private failure: unknown = null;
  private closing = false;
  private last: Joined | null = null;
  private parkedAt: number | null = null;
  private onAlive: (() => void) | null = null;
  /** The group is about to say anew who has what: what this member has may be another's in a moment. */
  isChanging = false;

  constructor(
    kafka: Kafka,
    private readonly topic: string,
    private readonly group: string,
    private readonly timing: GroupTiming,
    private listener: MembershipListener | null,
  ) {
    this.consumer = kafka.consumer({
      groupId: group,
      partitionAssigners: [stickyAssigner(() => this.last)],
      sessionTimeout: timing.sessionTimeoutMs,
      rebalanceTimeout: timing.rebalanceTimeoutMs,
      heartbeatInterval: timing.heartbeatMs,
      maxWaitTimeInMs: TICK_MS,
      ...(timing.metadataMaxAgeMs !== undefined && { metadataMaxAge: timing.metadataMaxAgeMs }),
      allowAutoTopicCreation: false,
      // While brokers are away the member keeps its name: with it, it goes on when they are back. A new one would have
      // to wait until the group has given up the old one. `check` says when it has taken too long.
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 1_000,
        retries: 100_000,
        // A new member would be another consumer to our services: whoever supervises them makes one.
        restartOnFailure: async () => false,
      },
    });
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = this.consumer.events;
    this.consumer.on(REBALANCING, () => void (this.isChanging = true));
    this.consumer.on(HEARTBEAT, () => this.heard());
    this.consumer.on(GROUP_JOIN, ({ payload }) => {
      this.isChanging = false;
      this.consumer.pause([{ topic }]);
      this.last = { memberId: payload.memberId, partitions: payload.memberAssignment[topic] ?? [] };
      this.listener?.joined(this.last);
      this.heard();
    });
    this.consumer.on(CRASH, ({ payload }) => this.fail(payload.error));
  }

  /** Of all members of the group that read the topic. */
  get name(): string {
    return `${this.group} ${this.topic}`;
  }

  get hasFailed(): boolean {
    return this.failure !== null;
  }

  private heard(): void {
    this.aliveAt = performance.now();
    this.onAlive?.();
  }

  /** True while the group's coordinator does not answer, and the member has not failed for another reason. */
  isSilent(): boolean {
    const silence = performance.now() - this.aliveAt;
    return (
      !this.closing &&
      !this.hasFailed &&
      this.last !== null &&
      silence > SILENT_BEATS * this.timing.heartbeatMs
    );
  }

  /** Another reader goes on with it; null: nobody, for now. What it has is told again once it is heard. */
  attach(listener: MembershipListener | null): void {
    this.listener = listener;
    this.parkedAt = listener === null ? performance.now() : null;
  }

  /** How long somebody could have taken it and read, milliseconds. */
  parkedAndHeardFor(): number {
    const heardNow = performance.now() - this.aliveAt < SILENT_BEATS * this.timing.heartbeatMs;
    return this.parkedAt === null || !heardNow ? 0 : performance.now() - this.parkedAt;
  }

  /** Resolves once the coordinator has answered; false: it has not within that time. */
  async isHeard(withinMs: number): Promise<boolean> {
    const heard = new Promise<boolean>((resolve) => (this.onAlive = () => resolve(true)));
    const isHeard = await Promise.race([heard, sleep(withinMs, false, { ref: false })]);
    this.onAlive = null;
    if (isHeard && this.last !== null) this.listener?.joined(this.last);
    return isHeard && !this.hasFailed;
  }

  /** Resolves once the group has let it in. */
  async join(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [this.topic], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async () => undefined,
    });
    if (this.failure !== null) throw this.failure;
  }

  get silentMs(): number {
    return performance.now() - this.aliveAt;
  }

  /** @throws Unavailable if the group has not heard of this member for so long that it is out of it */
  check(): void {
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.timing;
    if (this.silentMs > sessionTimeoutMs + rebalanceTimeoutMs) {
      throw new Unavailable(`The member of group ${this.group} has lost touch with Kafka.`);
    }
  }

  /** For those who watch the lag; where reading begins is not decided by it. */
  commit(offsets: ReadonlyMap<number, number>): void {
    const positions = [...offsets].map(([partition, offset]) => ({
      topic: this.topic,
      partition,
      offset: String(offset),
    }));
    if (positions.length > 0 && !this.closing) {
      this.consumer.commitOffsets(positions).catch(() => undefined);
    }
  }

  /** Leaves the group, so that the others get the partitions at once; with Kafka away, later or by its session's end. */
  async close(): Promise<void> {
    this.closing = true;
    const left = this.consumer.disconnect().catch(() => undefined);
    await Promise.race([left, sleep(CLOSE_MS, undefined, { ref: false })]);
  }

  private fail(error: unknown): void {
    if (this.closing) return;
    this.failure = toTenonError(error, `The member of group ${this.group} failed`);
    this.listener?.failed(this.failure);
  }
}
