import { TenonError } from '@tenon/errors';
import type {
  Clock,
  ConsumeOptions,
  Displaced,
  LogConsumer,
  LogRecord,
  PartitionRecords,
  PollOptions,
  Polled,
} from '@tenon/ports';
import { onAbort } from '../abort';
import type { Member, Membership } from './membership';
import type { Topic } from './topic';

/** What a poll gives at most, where it does not say. */
const DEFAULT_BYTES = 4 * 1024 * 1024;
/** What is read of a partition at once; polls take from it. */
const FETCH_BYTES = 1024 * 1024;

/** A partition that a consumer holds. */
interface Held {
  /** The offset of the next record to give; null until `startAt` has answered. */
  next: number | null;
  /** Records that were read; those from `given` on have not been given yet. */
  fetched: readonly LogRecord[];
  given: number;
  /** Of one fetched record, on average. */
  recordBytes: number;
  /** Counts seeks, so that what a read under way brings is dropped after one. */
  seeks: number;
  /** What is next is not there: nothing is read before a seek. */
  displaced: boolean;
}

/** One member of a group. */
export class Consumer implements LogConsumer, Member {
  private readonly held = new Map<number, Held>();
  polledAt: number;
  /** What the next poll that succeeds has to tell. */
  private readonly assigned = new Set<number>();
  private readonly revoked = new Set<number>();
  private displaced: Displaced[] = [];
  private turn = 0;
  private closed = false;

  constructor(
    private readonly group: Membership,
    private readonly topic: Topic,
    private readonly startAt: ConsumeOptions['startAt'],
    private readonly clock: Clock,
  ) {
    this.polledAt = clock.monotonic();
  }

  partitions(): Iterable<number> {
    return this.held.keys();
  }

  holds(partition: number): boolean {
    return this.held.has(partition);
  }

  lose(partitions: readonly number[]): void {
    for (const partition of partitions) {
      if (!this.held.delete(partition)) continue;
      // One that was never announced need not be taken back.
      if (!this.assigned.delete(partition)) this.revoked.add(partition);
    }
  }

  async poll(options: PollOptions): Promise<Polled> {
    if (this.closed) throw new TenonError('consumer-closed', 'The consumer is closed.');
    if (this.topic.closed) throw new TenonError('log-closed', 'The log is closed.');
    const deadline = this.clock.monotonic() + options.maxWaitMs;
    for (;;) {
      this.polledAt = this.clock.monotonic();
      const change = this.nextChange();
      try {
        this.rebalance();
        await this.findStarts();
        await this.fetch();
        if (this.hasNews() || this.hasRecords()) return this.report(options);
        const wait = deadline - this.clock.monotonic();
        if (wait <= 0 || options.signal?.aborted || this.isOver()) return this.report(options);
        await this.waitFor(change.happened, wait, options.signal);
        if (this.isOver()) return this.report(options);
      } finally {
        change.cancel();
      }
    }
  }

  seek(partition: number, offset: number): void {
    const held = this.held.get(partition);
    if (held === undefined) return;
    held.next = offset;
    held.fetched = [];
    held.given = 0;
    held.seeks++;
    held.displaced = false;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.held.clear();
    this.group.leave(this);
  }

  private isOver(): boolean {
    return this.closed || this.topic.closed;
  }

  private rebalance(): void {
    const { revoked, assigned } = this.group.changesFor(this);
    this.lose(revoked);
    for (const partition of assigned) {
      const read = { fetched: [], given: 0, recordBytes: 1, seeks: 0 };
      this.held.set(partition, { next: null, ...read, displaced: false });
      this.assigned.add(partition);
    }
    if (revoked.length > 0) this.topic.wake();
  }

  private async findStarts(): Promise<void> {
    for (const [partition, held] of this.held) {
      if (held.next !== null) continue;
      const { seeks } = held;
      const start = await this.startAt(partition);
      if (held.seeks === seeks) held.next = start;
    }
  }

  /** Reads on in every partition of which all was given. */
  private async fetch(): Promise<void> {
    const reads: Promise<void>[] = [];
    for (const [partition, held] of this.held) {
      if (held.given < held.fetched.length || held.next === null || held.displaced) continue;
      const { startOffset, endOffset } = this.topic.partition(partition);
      if (held.next < startOffset || held.next > endOffset) this.displace(partition, held, held.next);
      else if (held.next < endOffset) reads.push(this.read(partition, held, held.next));
    }
    if (reads.length > 0) await Promise.all(reads);
  }

  private displace(partition: number, held: Held, wanted: number): void {
    const { startOffset: start, endOffset: end } = this.topic.partition(partition);
    held.displaced = true;
    this.displaced.push({ partition, wanted, start, end });
  }

  private async read(partition: number, held: Held, from: number): Promise<void> {
    const { seeks } = held;
    const { records, bytes } = await this.topic
      .partition(partition)
      .read(from, Number.MAX_SAFE_INTEGER, FETCH_BYTES);
    if (held.seeks !== seeks || records.length === 0) return;
    // Its segment has been deleted meanwhile.
    if (records[0]!.offset > from) return this.displace(partition, held, from);
    held.fetched = records;
    held.given = 0;
    held.recordBytes = bytes / records.length;
  }

  private hasNews(): boolean {
    return this.assigned.size + this.revoked.size + this.displaced.length > 0;
  }

  private hasRecords(): boolean {
    for (const held of this.held.values()) if (held.given < held.fetched.length) return true;
    return false;
  }

  private report(options: PollOptions): Polled {
    const changes = { assigned: [...this.assigned], revoked: [...this.revoked] };
    const displaced = this.displaced.filter(({ partition }) => this.held.get(partition)?.displaced === true);
    this.assigned.clear();
    this.revoked.clear();
    this.displaced = [];
    return { ...changes, read: this.take(options), ...(displaced.length > 0 && { displaced }) };
  }

  /** Gives of each partition its share; each poll begins with another, so that a busy one does not starve the rest. */
  private take(options: PollOptions): PartitionRecords[] {
    let records = options.maxRecords ?? Number.MAX_SAFE_INTEGER;
    let bytes = options.maxBytes ?? DEFAULT_BYTES;
    const read: PartitionRecords[] = [];
    const ready = [...this.held].filter(([, held]) => held.given < held.fetched.length);
    const first = this.turn++;
    for (let i = 0; i < ready.length && records > 0 && bytes > 0; i++) {
      const [partition, held] = ready[(first + i) % ready.length] as [number, Held];
      const left = ready.length - i;
      const fitting = Math.max(1, Math.floor(bytes / left / held.recordBytes));
      const given = takeFrom(held, Math.min(Math.ceil(records / left), fitting));
      read.push({ partition, records: given });
      records -= given.length;
      bytes -= given.length * held.recordBytes;
    }
    return read;
  }

  /** A promise of the topic's next change, made before looking at it, so that none is missed. */
  private nextChange(): { readonly happened: Promise<void>; readonly cancel: () => void } {
    let cancel = () => {};
    const happened = new Promise<void>((resolve) => (cancel = this.topic.onChange(resolve)));
    return { happened, cancel };
  }

  private async waitFor(change: Promise<void>, ms: number, signal?: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const stopListening = signal && onAbort(signal, () => stop.abort());
    try {
      await Promise.race([change, this.clock.sleep(ms, stop.signal)]);
    } finally {
      stopListening?.();
      stop.abort();
    }
  }
}

function takeFrom(held: Held, count: number): readonly LogRecord[] {
  const whole = held.given === 0 && count >= held.fetched.length;
  const given = whole ? held.fetched : held.fetched.slice(held.given, held.given + count);
  held.given += given.length;
  held.next = (given[given.length - 1] as LogRecord).offset + 1;
  if (held.given === held.fetched.length) {
    held.fetched = [];
    held.given = 0;
  }
  return given;
}
