/** A member of a consumer group that is polled: it fetches ahead, within bounds, and begins where it is told. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { TenonError, Unavailable } from '@tenon/errors';
import type {
  ConsumeOptions,
  Displaced,
  LogConsumer,
  PartitionRecords,
  PollOptions,
  Polled,
} from '@tenon/ports';
import { protocolType, toTenonError } from './errors';
import type { FetchedPartition } from './fetch-response';
import type { FetchSink, Wanted } from './fetcher';
import { Fetcher } from './fetcher';
import { HeldPartition } from './held-partition';
import type { Cluster } from './kafkajs';
import type { GroupTiming, Joined, MembershipListener } from './membership';
import { Membership } from './membership';
import type { OffsetRange } from './offsets';
import type { ParkedMembers } from './parked-members';
import type { UnreadableBatch } from './record-batch';

export interface ConsumerOptions extends ConsumeOptions {
  readonly kafka: Kafka;
  /** The consumer's own connections, connected. */
  readonly cluster: Cluster;
  readonly timing: GroupTiming;
  /** About how much is fetched ahead, all partitions together. */
  readonly bufferBytes: number;
  offsets(): Promise<ReadonlyMap<number, OffsetRange>>;
  /** Members that may be gone on with. */
  readonly parked: ParkedMembers;
  /** Of transactions what was committed, and nothing of those that are open. */
  readonly committed?: boolean;
  /** Told of batches that cannot be read, whoever wrote them. */
  passedOver(partition: number, batch: UnreadableBatch): void;
}

const DEFAULT_POLL_BYTES = 8 * 1024 * 1024;
const MAX_PARTITION_BYTES = 2 * 1024 * 1024;
/** How long a fetch waits at the broker: the longest until a partition that is new, or sought, is looked at. */
const FETCH_WAIT_MS = 200;
const RELAXED_WAIT_MS = 250;
const RELAXED_BYTES = 256 * 1024;
/** An answer with less shows that the end is near: there, fetching ahead would only make many small requests of a few. */
const TAIL_BYTES = 64 * 1024;
/** Types of errors that pass by themselves: the first group of a cluster makes the coordinators' topic. */
const COORDINATOR_BUSY = [
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
];
const COORDINATOR_MS = 30_000;
/** How often a member that waits for the group looks whether it is settled. */
const CHANGE_LOOK_MS = 20;
const RETRY_JOIN_MS = 300;
/** A member that was kept is heard within some heartbeats once Kafka answers, or it is none any more. */
const HEARD_WITHIN_MS = 5_000;
const COMMIT_EVERY_MS = 5_000;
/** Fetching may fail for this long, e.g. while a leader is elected. */
const GIVE_UP_MS = 60_000;

export class KafkaConsumer implements LogConsumer, FetchSink {
  private readonly held = new Map<number, HeldPartition>();
  private membership: Membership;
  private readonly fetcher: Fetcher;
  private memberId: string | null = null;
  /** What the group said last and no poll has looked at yet. */
  private joined: Joined | null = null;
  private readonly assigned = new Set<number>();
  private readonly revoked = new Set<number>();
  private displaced: Displaced[] = [];
  private failure: unknown = null;
  private fetchFailingSince: number | null = null;
  private wake: (() => void) | null = null;
  private atTail = false;
  private turn = 0;
  private committedAt = performance.now();
  private closing: Promise<void> | null = null;

  constructor(private readonly options: ConsumerOptions) {
    const { topic, cluster, bufferBytes, committed = false } = options;
    const relaxed = options.latency === 'relaxed';
    this.membership = this.newMembership();
    this.fetcher = new Fetcher(cluster, this, {
      topic,
      maxWaitMs: relaxed ? RELAXED_WAIT_MS : FETCH_WAIT_MS,
      minBytes: relaxed ? RELAXED_BYTES : 1,
      maxBytes: bufferBytes,
      maxPartitionBytes: MAX_PARTITION_BYTES,
      committed,
    });
  }

  private newMembership(): Membership {
    const { kafka, topic, group, timing } = this.options;
    return new Membership(kafka, topic, group, timing, this.listener());
  }

  private listener(): MembershipListener {
    return {
      joined: (joined) => {
        this.joined = joined;
        this.wake?.();
      },
      failed: (error) => this.fail(error),
    };
  }

  /** Joins the group. kafkajs gives up where the group's coordinator is only just starting or moving. */
  async start(): Promise<void> {
    if (await this.goOn()) return;
    const end = performance.now() + COORDINATOR_MS;
    for (;;) {
      try {
        return await this.membership.join();
      } catch (error) {
        const type = protocolType(error) ?? '';
        if (!COORDINATOR_BUSY.includes(type) || performance.now() > end || this.closing !== null) throw error;
        await this.membership.close();
        await sleep(RETRY_JOIN_MS);
        this.membership = this.newMembership();
        this.failure = null;
      }
    }
  }

  /** With the name that a reader before had, if the group still knows it. */
  private async goOn(): Promise<boolean> {
    const parked = this.options.parked.take(this.membership.name);
    if (parked === undefined) return false;
    parked.attach(this.listener());
    if (await parked.isHeard(HEARD_WITHIN_MS)) {
      this.membership = parked;
      return true;
    }
    await parked.close();
    this.failure = null;
    return false;
  }

  async poll(options: PollOptions): Promise<Polled> {
    const deadline = performance.now() + options.maxWaitMs;
    for (;;) {
      if (this.closing !== null) throw new TenonError('consumer-closed', 'The consumer is closed.');
      if (this.failure !== null) throw this.failure;
      this.membership.check();
      this.commit();
      this.rebalance();
      await this.findStarts();
      const read = this.take(options);
      const wait = deadline - performance.now();
      const changes = this.assigned.size + this.revoked.size + this.displaced.length;
      const news = read.length > 0 || changes > 0;
      if (news || wait <= 0 || options.signal?.aborted) return this.report(read);
      await this.waitForNews(wait, options.signal);
    }
  }

  positions(): ReadonlyMap<number, number> {
    return new Map(
      [...this.held].flatMap(([partition, { position }]) =>
        position === null ? [] : [[partition, position] as const],
      ),
    );
  }

  async stillHas(partition: number): Promise<boolean> {
    const end = performance.now() + this.options.timing.rebalanceTimeoutMs;
    while (this.membership.isChanging && this.failure === null && performance.now() < end)
      await sleep(CHANGE_LOOK_MS);
    if (this.membership.isChanging || this.failure !== null || this.closing !== null) return false;
    const { joined } = this;
    if (joined === null) return this.held.has(partition);
    return joined.memberId === this.memberId && joined.partitions.includes(partition);
  }

  silentMs(): number {
    return this.membership.silentMs;
  }

  seek(partition: number, offset: number): void {
    this.held.get(partition)?.seek(offset);
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      this.wake?.();
      const isKept = this.options.parked.park(this.membership);
      await Promise.all([this.fetcher.close(), isKept ? undefined : this.membership.close()]);
      await this.options.cluster.disconnect().catch(() => undefined);
    })();
    return this.closing;
  }

  /** Ahead of the polls, but for the end of the log: there a poll asks when it has nothing, and gets all that has come. */
  wanted(): readonly Wanted[] {
    if (this.atTail && this.wake === null) return [];
    const share = this.options.bufferBytes / Math.max(1, this.held.size);
    const wanted: Wanted[] = [];
    for (const [partition, { fetchAt, bytes }] of this.held) {
      if (fetchAt !== null && bytes < share) wanted.push({ partition, offset: fetchAt });
    }
    return wanted;
  }

  answered(bytes: number): void {
    const ahead = [...this.held.values()].reduce((sum, held) => sum + held.bytes, 0);
    this.atTail = bytes + ahead < TAIL_BYTES;
  }

  arrived(fetched: FetchedPartition, from: number): void {
    this.fetchFailingSince = null;
    if (fetched.recordSet.length > 0 && this.held.get(fetched.partition)?.add(fetched, from)) this.wake?.();
  }

  /** Below the start: records were deleted. Beyond the end: a broker has lost what it had acknowledged as `relaxed`. */
  outOfRange({ partition }: FetchedPartition, from: number): void {
    const held = this.held.get(partition);
    if (held === undefined || held.fetchAt !== from) return;
    // The next poll finds where to go on.
    held.fetchAt = null;
    this.wake?.();
  }

  failed(error: unknown, fatal: boolean): void {
    const now = performance.now();
    this.fetchFailingSince ??= now;
    if (fatal || now - this.fetchFailingSince > GIVE_UP_MS) {
      this.fail(toTenonError(error, `Topic ${this.options.topic} could not be read`));
    }
  }

  private fail(error: unknown): void {
    this.failure ??= error;
    this.wake?.();
  }

  private rebalance(): void {
    const { joined } = this;
    if (joined === null) return;
    this.joined = null;
    // Under a new name the member was out of the group: others may have had its partitions meanwhile.
    const kept = joined.memberId === this.memberId ? joined.partitions : [];
    this.memberId = joined.memberId;
    for (const partition of [...this.held.keys()]) {
      if (kept.includes(partition)) continue;
      this.held.delete(partition);
      // One that no poll has told of need not be taken back.
      if (!this.assigned.delete(partition)) this.revoked.add(partition);
    }
    for (const partition of joined.partitions) {
      if (this.held.has(partition)) continue;
      this.held.set(partition, new HeldPartition((batch) => this.options.passedOver(partition, batch)));
      this.assigned.add(partition);
    }
  }

  /** Only from a poll, so that the caller is never asked while it works on records. */
  private async findStarts(): Promise<void> {
    const starting = [...this.held].filter(([, held]) => held.fetchAt === null && !held.displaced);
    if (starting.length === 0) return;
    const ranges = await this.options.offsets();
    for (const [partition, held] of starting) {
      const { seeks } = held;
      const start = held.position ?? (await this.options.startAt(partition));
      const range = ranges.get(partition);
      if (range === undefined)
        throw new Unavailable(`Partition ${partition} of ${this.options.topic} is not known.`);
      if (held.seeks !== seeks) continue;
      if (start >= range.start && start <= range.end) held.begin(start);
      else {
        held.displace(start);
        this.displaced.push({ partition, wanted: start, ...range });
      }
    }
    this.fetcher.kick();
  }

  private take(options: PollOptions): PartitionRecords[] {
    let records = options.maxRecords ?? Number.MAX_SAFE_INTEGER;
    let bytes = options.maxBytes ?? DEFAULT_POLL_BYTES;
    const read: PartitionRecords[] = [];
    const filled = [...this.held].filter(([, held]) => !held.isEmpty);
    // Each poll begins with another partition, so that a busy one does not starve the rest.
    const first = this.turn++;
    for (let i = 0; i < filled.length && records > 0 && bytes > 0; i++) {
      const [partition, held] = filled[(first + i) % filled.length] as [number, HeldPartition];
      const left = filled.length - i;
      const taken = held.take(Math.ceil(records / left), Math.ceil(bytes / left));
      records -= taken.records.length;
      bytes -= taken.bytes;
      read.push({ partition, records: taken.records });
    }
    if (read.length > 0) this.fetcher.kick();
    return read;
  }

  private report(read: PartitionRecords[]): Polled {
    const changes = { assigned: [...this.assigned], revoked: [...this.revoked] };
    const displaced = this.displaced.filter(({ partition }) => this.held.get(partition)?.displaced === true);
    this.assigned.clear();
    this.revoked.clear();
    this.displaced = [];
    return { ...changes, read, ...(displaced.length > 0 && { displaced }) };
  }

  /** What an earlier poll gave has been worked on, or soon is. */
  private commit(): void {
    const now = performance.now();
    if (now - this.committedAt < COMMIT_EVERY_MS) return;
    this.committedAt = now;
    this.membership.commit(this.positions());
  }

  private waitForNews(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.wake = null;
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
      this.wake = done;
      if (this.atTail) this.fetcher.kick();
      if (this.joined !== null || this.failure !== null || this.closing !== null) done();
    });
  }
}
