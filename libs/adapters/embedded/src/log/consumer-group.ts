import { TenonError } from '@tenon/ports';
import type {
  Clock,
  ConsumeOptions,
  LogConsumer,
  LogRecord,
  PartitionBatch,
  PollOptions,
  Polled,
} from '@tenon/ports';
import type { Topic } from './topic';

/** A member that has not polled for this long is taken for dead: the others get its partitions. */
const SESSION_MS = 30_000;
const DEFAULT_BYTES = 4 * 1024 * 1024;

interface Held {
  /** The next offset to read; null until `startAt` has answered. */
  next: number | null;
  /** Counts seeks, so that what a read under way brings is dropped after one. */
  seeks: number;
}

/** The consumers of one group: partitions are shared evenly, and handed over when their holder polls or is gone. */
export class ConsumerGroup {
  private readonly members: Consumer[] = [];

  constructor(
    readonly topic: Topic,
    private readonly clock: Clock,
    private readonly onEmpty: () => void,
  ) {}

  join(startAt: ConsumeOptions['startAt']): LogConsumer {
    const consumer = new Consumer(this, startAt, this.clock);
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

  /** Partitions to give up, and partitions to take that nobody else holds any more. */
  changesFor(consumer: Consumer): { revoked: number[]; assigned: number[] } {
    const share = this.shareOf(consumer);
    const revoked = [...consumer.held.keys()].filter((partition) => !share.has(partition));
    const assigned = [...share].filter(
      (partition) => !consumer.held.has(partition) && this.isFree(partition, consumer),
    );
    return { revoked, assigned };
  }

  private isFree(partition: number, taker: Consumer): boolean {
    return !this.members.some(
      (member) => member !== taker && member.held.has(partition) && this.isLive(member),
    );
  }
}

class Consumer implements LogConsumer {
  readonly held = new Map<number, Held>();
  polledAt: number;
  /** What the next poll that succeeds has to tell. */
  private readonly assigned = new Set<number>();
  private readonly revoked = new Set<number>();
  private first = 0;
  private closed = false;

  constructor(
    private readonly group: ConsumerGroup,
    private readonly startAt: ConsumeOptions['startAt'],
    private readonly clock: Clock,
  ) {
    this.polledAt = clock.monotonic();
  }

  async poll(options: PollOptions): Promise<Polled> {
    const deadline = this.clock.monotonic() + options.maxWaitMs;
    for (;;) {
      if (this.closed) throw new TenonError('consumer-closed', 'The consumer is closed.');
      this.polledAt = this.clock.monotonic();
      const change = this.nextChange();
      try {
        this.rebalance();
        await this.findStarts();
        const batches = await this.fetch(options);
        const wait = deadline - this.clock.monotonic();
        if (batches.length > 0 || this.hasNews() || wait <= 0 || options.signal?.aborted)
          return this.report(batches);
        await this.waitFor(change.happened, wait, options.signal);
      } finally {
        change.cancel();
      }
    }
  }

  private rebalance(): void {
    const { revoked, assigned } = this.group.changesFor(this);
    for (const partition of revoked) {
      this.held.delete(partition);
      // One that was never announced need not be taken back.
      if (!this.assigned.delete(partition)) this.revoked.add(partition);
    }
    for (const partition of assigned) {
      this.held.set(partition, { next: null, seeks: 0 });
      this.assigned.add(partition);
    }
    if (revoked.length > 0) this.group.topic.wake();
  }

  private hasNews(): boolean {
    return this.assigned.size + this.revoked.size > 0;
  }

  private report(batches: PartitionBatch[]): Polled {
    const polled = { assigned: [...this.assigned], revoked: [...this.revoked], batches };
    this.assigned.clear();
    this.revoked.clear();
    return polled;
  }

  private async findStarts(): Promise<void> {
    for (const [partition, held] of this.held) {
      if (held.next !== null) continue;
      const { seeks } = held;
      const start = await this.startAt(partition);
      // Beyond the end stands only what a crash of the machine took from a `relaxed` log.
      if (held.seeks === seeks) held.next = Math.min(start, this.group.topic.partition(partition).endOffset);
    }
  }

  private async fetch(options: PollOptions): Promise<PartitionBatch[]> {
    let records = options.maxRecords ?? Number.MAX_SAFE_INTEGER;
    let bytes = options.maxBytes ?? DEFAULT_BYTES;
    const batches: PartitionBatch[] = [];
    const partitions = [...this.held.keys()];
    // Each poll begins with another partition, so that a busy one does not starve the rest.
    const first = this.first++;
    for (let turn = 0; turn < partitions.length && records > 0 && bytes > 0; turn++) {
      const partition = partitions[(first + turn) % partitions.length] as number;
      const share = Math.ceil(bytes / (partitions.length - turn));
      const read = await this.readFrom(partition, Math.ceil(records / (partitions.length - turn)), share);
      if (read.length === 0) continue;
      batches.push({ partition, records: read });
      records -= read.length;
      for (const record of read) bytes -= record.value.length;
    }
    return batches;
  }

  private async readFrom(
    partition: number,
    maxRecords: number,
    maxBytes: number,
  ): Promise<readonly LogRecord[]> {
    const held = this.held.get(partition);
    if (held === undefined || held.next === null) return [];
    const { seeks } = held;
    const records = await this.group.topic.partition(partition).read(held.next, maxRecords, maxBytes);
    if (held.seeks !== seeks || this.held.get(partition) !== held) return [];
    const last = records[records.length - 1];
    if (last !== undefined) held.next = last.offset + 1;
    return records;
  }

  /** A promise of the topic's next change, made before looking at it, so that none is missed. */
  private nextChange(): { readonly happened: Promise<void>; readonly cancel: () => void } {
    let cancel = () => {};
    const happened = new Promise<void>((resolve) => (cancel = this.group.topic.onChange(resolve)));
    return { happened, cancel };
  }

  private async waitFor(change: Promise<void>, ms: number, signal?: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const abort = () => stop.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([change, this.clock.sleep(ms, stop.signal)]);
    } finally {
      signal?.removeEventListener('abort', abort);
      stop.abort();
    }
  }

  seek(partition: number, offset: number): void {
    const held = this.held.get(partition);
    if (held === undefined)
      throw new TenonError('not-assigned', `Partition ${partition} is not assigned to this consumer.`);
    held.next = offset;
    held.seeks++;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.held.clear();
    this.group.leave(this);
  }
}
