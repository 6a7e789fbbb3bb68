/** Reads a stream from where it is told to, for as long as it holds the place that the log's group gives. */
import type { Consumer, ConsumerMessages } from '@nats-io/jetstream';
import { DeliverPolicy } from '@nats-io/jetstream';
import type { ConsumeOptions, Displaced, LogConsumer, LogRecord, PollOptions, Polled } from '@tenon/ports';
import type { StreamConnection } from './stream-connection';
import { unavailable } from './stream-connection';
import { recordOf } from './stream-record';

const PARTITION = 0;
/** What waits here at most, records and bytes; the server sends no more meanwhile. */
const MOST_RECORDS = 10_000;
const FETCH_BYTES = 8 * 1024 * 1024;
const HEADER_BYTES = 64 * 1024;

interface Reading {
  readonly consumer: Consumer;
  readonly messages: ConsumerMessages;
}

export class StreamConsumer implements LogConsumer {
  private hold: LogConsumer | null = null;
  /** The offset that comes next; null: the place is another instance's. */
  private next: number | null = null;
  private reading: Reading | null = null;
  private buffer: LogRecord[] = [];
  /** So many of these follow each other without a gap that says that something is gone. */
  private whole = 0;
  private failure: unknown = null;
  /** Nothing comes before a seek. */
  private standing = false;
  private wake: (() => void) | null = null;
  private drained: (() => void) | null = null;

  constructor(private readonly stream: StreamConnection) {}

  async join(
    hold: (startAt: ConsumeOptions['startAt']) => Promise<LogConsumer>,
    startAt: ConsumeOptions['startAt'],
  ): Promise<void> {
    this.hold = await hold(async (partition) => {
      await this.leave();
      this.next = await startAt(partition);
      // What the place itself holds is of no matter here.
      return 0;
    });
  }

  async poll(options: PollOptions): Promise<Polled> {
    const { maxWaitMs } = options;
    const place = await (this.hold as LogConsumer).poll({
      ...options,
      maxWaitMs: this.next === null ? maxWaitMs : 0,
    });
    for (const { partition, end } of place.displaced ?? []) this.hold?.seek(partition, end);
    const { assigned, revoked } = place;
    if (revoked.length > 0 && assigned.length === 0) {
      await this.leave();
      this.next = null;
    }
    if (this.next === null || this.standing) {
      if (this.standing) await this.come(maxWaitMs, options.signal);
      return { assigned, revoked, read: [] };
    }
    const displaced = await this.begin(this.next);
    if (displaced === null && assigned.length === 0) await this.come(maxWaitMs, options.signal);
    if (this.failure !== null) throw unavailable(this.failure);
    this.stream.check();
    const found = displaced ?? (await this.findGap(this.next));
    if (found !== null) {
      this.standing = true;
      await this.leave();
      return { assigned, revoked, read: [], displaced: [found] };
    }
    const records = this.take(options);
    return { assigned, revoked, read: records.length === 0 ? [] : [{ partition: PARTITION, records }] };
  }

  /** Begins to read, unless it does. @returns where the stream is instead of there */
  private async begin(from: number): Promise<Displaced | null> {
    if (this.reading !== null) return null;
    const info = await this.stream.info();
    if (info === null) throw unavailable(new Error(`There is no ${this.stream.title} any more.`));
    const { first_seq: start, last_seq: last } = info.state;
    if (from > last + 1 || (from < start && last > 0))
      return { partition: PARTITION, wanted: from, start: Math.max(1, start), end: last + 1 };
    try {
      const { connection, client } = await this.stream.client();
      const { subject } = this.stream.options;
      const consumer = await client.consumers.get(info.config.name, {
        ...{ deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from },
        ...(subject !== undefined && { filter_subjects: subject }),
      });
      const bytes = Math.max(FETCH_BYTES, (connection.info?.max_payload ?? 0) + HEADER_BYTES);
      const messages = await consumer.consume({ max_bytes: bytes });
      this.reading = { consumer, messages };
      void this.pump(messages);
      return null;
    } catch (error) {
      throw unavailable(error);
    }
  }

  private async pump(messages: ConsumerMessages): Promise<void> {
    const isCurrent = () => this.reading?.messages === messages;
    try {
      for await (const message of messages) {
        if (!isCurrent()) return;
        this.buffer.push(recordOf(message));
        this.wake?.();
        if (this.buffer.length >= MOST_RECORDS)
          await new Promise<void>((resolve) => (this.drained = resolve));
      }
      if (isCurrent()) this.failure = new Error('the consumer ended');
    } catch (error) {
      if (isCurrent()) this.failure = error;
    }
    this.wake?.();
  }

  /** Until something is there, or for as long as asked. */
  private async come(maxWaitMs: number, signal?: AbortSignal): Promise<void> {
    if (this.buffer.length > 0 || this.failure !== null || maxWaitMs <= 0 || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, maxWaitMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      signal?.addEventListener('abort', this.wake, { once: true });
    });
    this.wake = null;
  }

  /**
   * A message that does not follow the one before: those between were deleted one by one, or are of other subjects; or the stream has
   * let them go before they came. What comes before such a gap is given first.
   */
  private async findGap(from: number): Promise<Displaced | null> {
    const jumps = this.jumpsFrom(from);
    this.whole = this.buffer.length;
    if (jumps.length === 0) return null;
    const state = (await this.stream.info())?.state;
    const gap = jumps.find(({ expected }) => state !== undefined && state.first_seq > expected);
    if (state === undefined || gap === undefined) return null;
    this.whole = gap.index;
    if (gap.index > 0) return null;
    const start = Math.min(gap.offset, state.first_seq);
    return { partition: PARTITION, wanted: from, start, end: state.last_seq + 1 };
  }

  private jumpsFrom(from: number) {
    let expected = from;
    return this.buffer.flatMap(({ offset }, index) => {
      const jump = { index, expected, offset };
      expected = offset + 1;
      return offset > jump.expected ? [jump] : [];
    });
  }

  private take({ maxRecords = Infinity, maxBytes = Infinity }: PollOptions): LogRecord[] {
    let [count, bytes] = [0, 0];
    for (const { value } of this.buffer) {
      if (count >= Math.min(maxRecords, this.whole) || (count > 0 && bytes + value.length > maxBytes)) break;
      count += 1;
      bytes += value.length;
    }
    const records = this.buffer.splice(0, count);
    const last = records.at(-1);
    if (last !== undefined) this.next = last.offset + 1;
    this.drained?.();
    this.drained = null;
    return records;
  }

  /** Where only some of the stream's subjects are read: all before its end was given, if nothing waits. */
  async passEnd(end: number): Promise<void> {
    const { reading, next } = this;
    if (reading === null || next === null || end <= next || this.buffer.length > 0) return;
    if (this.stream.options.subject === undefined) return;
    const info = await reading.consumer.info().catch(() => null);
    if (info === null || this.reading !== reading || this.buffer.length > 0 || this.next !== next) return;
    if (info.num_pending === 0 && info.delivered.stream_seq < next) this.next = end;
  }

  seek(_partition: number, offset: number): void {
    if (this.next === null) return;
    this.standing = false;
    this.next = offset;
    void this.leave();
  }

  positions(): ReadonlyMap<number, number> {
    return this.next === null ? new Map() : new Map([[PARTITION, this.next]]);
  }

  async stillHas(): Promise<boolean> {
    return (await this.hold?.stillHas?.(PARTITION)) ?? true;
  }

  silentMs(): number {
    return this.hold?.silentMs?.() ?? 0;
  }

  /** What was read and not given yet is read anew by whoever goes on. */
  private async leave(): Promise<void> {
    const { reading } = this;
    this.reading = null;
    this.buffer = [];
    this.failure = null;
    this.drained?.();
    this.drained = null;
    if (reading === null) return;
    await reading.messages.close().catch(() => undefined);
    await reading.consumer.delete().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.leave();
    this.next = null;
    await this.hold?.close();
  }
}
