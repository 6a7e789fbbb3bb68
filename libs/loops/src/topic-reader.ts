/**
 * The loop of whoever reads a topic as one of a group: it is given partitions and loses them, holds something for each, hands
 * over what it read, and goes back where it is told to. Speed, batch and consumption are such readers.
 */
import type { Offset, Partition } from '@tenon/domain';
import type { Clock, Displaced, EventLog, LogConsumer, LogReading, LogRecord, Logger } from '@tenon/ports';
import { LogReplaced, isPassing } from '@tenon/errors';
import { Outage } from './outage';
import type { TellRest } from './rests';
import { Rests } from './rests';

/** What was read of one partition, with what is held for it. */
export interface PartitionRead<Held> {
  readonly partition: Partition;
  readonly held: Held;
  /** In offset order, never empty. */
  readonly records: readonly LogRecord[];
}

export interface TopicReaderOptions<Held> {
  readonly topic: string;
  readonly group: string;
  readonly latency?: 'low' | 'relaxed';
  /** Records of one poll at most. */
  readonly maxRecords: number;
  /** A poll without records ends after this long, milliseconds; asked before each. */
  readonly maxWaitMs?: () => number;
  /** Before it joins the group: may make the topic, or find that it must not be read. */
  prepare?(): Promise<void>;
  /** A partition is given to this reader, or is to be read anew: where it begins, and what is held for it. */
  begin(partition: Partition): Promise<{ readonly from: Offset; readonly held: Held }>;
  /** What was held is not needed any more. */
  end?(held: Held, partition: Partition): Promise<void>;
  /** Takes what one poll read. */
  take(read: readonly PartitionRead<Held>[]): Promise<void>;
  /**
   * A partition cannot be read on: what comes next is not there. Absent: it goes on at the nearest offset that is.
   *
   * @returns `stand`: nothing of it is read; it is looked for from time to time, since it may be put back. `pass`: go on at the
   * nearest offset
   */
  displaced?(held: Held, displaced: Displaced): Promise<'stand' | 'pass'>;
  /** A partition is read: after it has begun, or after it stood still. */
  reads?(held: Held, partition: Partition): Promise<void>;
  /** After each poll, of one that read nothing too. */
  afterPoll?(): Promise<void>;
  /** Told of an error that does not pass, after which it begins anew when it has rested; absent: it ends with the error. */
  readonly alone?: TellRest;
}

const MAX_WAIT_MS = 1000;
/** How long until what is not there is looked for again, milliseconds. */
const LOOK_AGAIN_MS = 10_000;

/** A partition that stands still. */
interface Standing {
  readonly wanted: Offset;
  readonly lookAt: number;
}

export class TopicReader<Held> {
  private readonly partitions = new Map<Partition, Held>();
  private readonly standing = new Map<Partition, Standing>();
  /** Partitions of which it is not known yet whether what comes next is there. */
  private readonly sought = new Set<Partition>();
  private readonly stopping = new AbortController();
  private readonly outage: Outage;
  private readonly rests: Rests | null;
  private consumer: LogConsumer | null = null;
  /** Null: nothing is done with what was polled, or between two polls. */
  private working: Promise<void> | null = null;
  /** Rejects if the loop fails; resolves when it has been stopped. */
  done: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: {
      readonly log: Pick<EventLog, 'consume'>;
      readonly clock: Clock;
      readonly logger: Logger;
    },
    private readonly options: TopicReaderOptions<Held>,
  ) {
    this.outage = new Outage(deps, options.topic);
    this.rests = options.alone === undefined ? null : new Rests(deps, options.topic, options.alone);
  }

  /** Aborts when the reader is stopped. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Partition → what is held for it. */
  get held(): ReadonlyMap<Partition, Held> {
    return this.partitions;
  }

  /** What it waits for, in words; null: nothing. */
  get trouble(): string | null {
    return this.outage.trouble ?? this.rests?.reason ?? null;
  }

  async start(): Promise<void> {
    try {
      this.consumer = await this.join();
    } catch (error) {
      // It tries again by itself, and says so: what else there is to read goes on.
      if (this.rests === null || !(error instanceof LogReplaced)) throw error;
    }
    this.begun();
  }

  /** Without waiting until it has joined: what it cannot reach yet is waited for, as what goes away later is. */
  startBeside(): void {
    this.begun();
  }

  private begun(): void {
    this.done = this.run().catch((error: unknown) => {
      if (this.signal.aborted) return;
      this.deps.logger.error({ error, topic: this.options.topic }, 'the reader of a topic stopped');
      throw error;
    });
    this.done.catch(() => undefined); // whoever holds `done` handles it; without a holder it must not end the process
  }

  /** Partition → the offset before which everything was taken, what holds no records included, where the log tells. */
  positions(): ReadonlyMap<Partition, Offset> {
    return this.consumer?.positions?.() ?? new Map<Partition, Offset>();
  }

  /** See `LogConsumer.stillHas`. */
  async stillHas(partition: Partition): Promise<boolean> {
    return (await this.consumer?.stillHas?.(partition)) ?? true;
  }

  /** Milliseconds since the group has last counted this reader as there; 0 where there is no such thing. */
  silentMs(): number {
    return this.consumer?.silentMs?.() ?? 0;
  }

  private async join(): Promise<LogConsumer> {
    const { topic, group, latency } = this.options;
    await this.options.prepare?.();
    return this.deps.log.consume({
      ...{ topic, group, ...(latency !== undefined && { latency }) },
      startAt: (partition) => this.begin(partition),
    });
  }

  private async begin(partition: Partition): Promise<Offset> {
    await this.end(partition);
    const { from, held } = await this.options.begin(partition);
    this.partitions.set(partition, held);
    this.sought.add(partition);
    return from;
  }

  private async end(partition: Partition): Promise<void> {
    this.standing.delete(partition);
    this.sought.delete(partition);
    const held = this.partitions.get(partition);
    if (held === undefined) return;
    this.partitions.delete(partition);
    await this.options.end?.(held, partition);
  }

  /** Whatever is away, the log, the store or the lake: once it is back everything is begun anew. */
  private async run(): Promise<void> {
    while (!this.signal.aborted) {
      try {
        this.consumer ??= await this.join();
        await this.read(this.consumer);
      } catch (error) {
        if (this.signal.aborted) return;
        if (!isPassing(error) && this.rests === null) throw error;
        await this.leave();
        if (isPassing(error)) await this.outage.wait(error, this.signal);
        else await this.rests?.rest(error, this.signal);
      }
    }
  }

  private async read(consumer: LogConsumer): Promise<void> {
    const { maxRecords, maxWaitMs = () => MAX_WAIT_MS } = this.options;
    while (!this.signal.aborted) {
      this.lookAgain(consumer);
      const {
        revoked,
        assigned,
        read: polled,
        displaced = [],
      } = await consumer.poll({
        ...{ maxRecords, maxWaitMs: maxWaitMs(), signal: this.signal },
      });
      while (this.working !== null) await this.working;
      const over = this.work();
      try {
        // A partition that was lost and came back meanwhile has begun anew already.
        for (const partition of revoked) if (!assigned.includes(partition)) await this.end(partition);
        const read = polled.flatMap(({ partition, records }) => {
          const held = this.partitions.get(partition);
          return held === undefined ? [] : [{ partition, held, records }];
        });
        if (read.length > 0) await this.options.take(read);
        for (const one of displaced) await this.displace(consumer, one);
        await this.found();
        await this.options.afterPoll?.();
      } finally {
        over();
      }
      this.outage.over();
      this.rests?.works();
    }
  }

  /** Runs work while nothing that was polled is worked with. Partitions may begin and end meanwhile. */
  async between<T>(work: () => Promise<T>): Promise<T> {
    while (this.working !== null) await this.working;
    const over = this.work();
    try {
      return await work();
    } finally {
      over();
    }
  }

  /** @returns to be called once it is done */
  private work(): () => void {
    let over: () => void = () => undefined;
    this.working = new Promise((resolve) => (over = resolve));
    return () => {
      this.working = null;
      over();
    };
  }

  private async displace(consumer: LogConsumer, displaced: Displaced): Promise<void> {
    const { partition, wanted, start, end } = displaced;
    const held = this.partitions.get(partition);
    if (held === undefined) return;
    this.sought.delete(partition);
    if ((await this.options.displaced?.(held, displaced)) === 'stand') {
      this.standing.set(partition, { wanted, lookAt: this.deps.clock.monotonic() + LOOK_AGAIN_MS });
      return;
    }
    const facts = { topic: this.options.topic, partition, wanted, start, end };
    this.deps.logger.warn(facts, 'offsets of a topic are not there, reading goes on beside them');
    consumer.seek(partition, wanted < start ? start : end);
  }

  /** What was sought and is not displaced is there. */
  private async found(): Promise<void> {
    for (const partition of this.sought) {
      this.sought.delete(partition);
      const held = this.partitions.get(partition);
      if (held !== undefined) await this.options.reads?.(held, partition);
    }
  }

  /** What was not there may have been put back. */
  private lookAgain(consumer: LogConsumer): void {
    if (this.standing.size === 0) return;
    const now = this.deps.clock.monotonic();
    for (const [partition, { wanted, lookAt }] of this.standing) {
      if (now < lookAt) continue;
      this.standing.delete(partition);
      this.sought.add(partition);
      consumer.seek(partition, wanted);
    }
  }

  /** Gives back all partitions, and lets go of what is held for them. */
  private async leave(): Promise<void> {
    const { consumer } = this;
    this.consumer = null;
    await consumer?.close().catch(() => undefined);
    for (const partition of [...this.partitions.keys()]) await this.end(partition).catch(() => undefined);
  }

  /**
   * How far it is, for health and metrics.
   *
   * @param next the next offset that is to be dealt with
   * @param busy in a computation that may be long
   */
  reading(next: (held: Held) => Offset, busy = false): LogReading {
    const { topic, group } = this.options;
    const offsets = [...this.partitions].map(([partition, held]) => [String(partition), next(held)]);
    // While something is away, standing still is no sign that the loop is stuck.
    const isBusy = busy || this.outage.trouble !== null || this.standing.size > 0;
    const positions = Object.fromEntries(offsets) as Record<string, number>;
    const rests = this.rests !== null && this.rests.reason !== null;
    return { topic, group, next: positions, busy: isBusy, ...(rests && { rests }) };
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done.catch(() => undefined);
    await this.leave();
  }
}
