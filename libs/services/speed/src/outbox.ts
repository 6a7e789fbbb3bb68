/**
 * What the layer writes to the log. A log that is away is waited for; what the log will never take, and what it does not take
 * for long, is its caller's matter: the product is replayed later, and the others go on.
 */
import { Unavailable } from '@tenon/errors';
import { Outage } from '@tenon/loops';
import type { Clock, EventLog, Logger, NewRecord, Span, Tracer } from '@tenon/ports';
import { NO_TRACER } from '@tenon/telemetry';
import type { PendingFlush } from './flush';
import type { LivePartition } from './partition';
import { traceFlush } from './spans';

export interface OutboxDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tracer?: Tracer;
}

/** The others of a source wait this long for one product's append, milliseconds. */
const PATIENCE_MS = 2000;

/** A flush that was not written: what comes after it in these lanes would not join on. */
export interface FailedFlush {
  readonly lives: readonly LivePartition[];
  readonly error: unknown;
}

/** Appends until the log takes it. @throws what no waiting mends; nothing once the signal aborts */
export async function writeRecords(
  { log }: Pick<OutboxDeps, 'log'>,
  outage: Outage,
  topic: string,
  records: readonly NewRecord[],
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await log.append(topic, records, { ack: 'relaxed' });
      return outage.over();
    } catch (error) {
      if (signal.aborted) return;
      await outage.wait(error, signal);
      if (signal.aborted) return;
    }
  }
}

interface Sending {
  readonly lives: readonly LivePartition[];
  readonly done: Promise<unknown>;
  readonly giveUp: AbortController;
  readonly outage: Outage;
  /** Why it was not written. */
  failure: FailedFlush | null;
}

/** The flushes of one product, one after the other, in the background. */
export class Outbox {
  private sending: Sending | null = null;
  private isEnding = false;

  constructor(
    private readonly deps: OutboxDeps,
    private readonly observeFlush: (seconds: number) => void,
  ) {}

  /** What it waits for, in words; null: nothing. */
  get trouble(): string | null {
    return this.sending?.outage.trouble ?? null;
  }

  /**
   * Appends while the next micro-batch is computed. What was sent before is over: see `settled`.
   *
   * @param span of the micro-batch, if it is traced
   */
  send(flush: PendingFlush, span?: Span): void {
    const { clock, tracer = NO_TRACER } = this.deps;
    const began = clock.monotonic();
    const giveUp = new AbortController();
    if (this.isEnding) giveUp.abort();
    const outage = new Outage(this.deps, flush.topic);
    const append = ({ topic, records }: PendingFlush) =>
      writeRecords(this.deps, outage, topic, records, giveUp.signal);
    const written = span === undefined ? append(flush) : traceFlush(tracer, span, flush, append);
    const { lives } = flush;
    const done = written.then(
      () => this.observeFlush((clock.monotonic() - began) / 1000),
      (error: unknown) => {
        sending.failure = { lives, error };
      },
    );
    const sending: Sending = { lives, done, giveUp, outage, failure: null };
    this.sending = sending;
  }

  /** What is known to have failed, once. */
  failed(): FailedFlush | null {
    const failure = this.sending?.failure ?? null;
    if (failure !== null) this.sending = null;
    return failure;
  }

  /** Waits for what is on its way, for a while. @returns why it was not written; null: it was, or nothing is */
  async settled(): Promise<FailedFlush | null> {
    const { sending } = this;
    if (sending === null) return null;
    const waited = new AbortController();
    const stuck = this.deps.clock.sleep(PATIENCE_MS, waited.signal).then(() => true);
    const isStuck = await Promise.race([sending.done.then(() => false), stuck]);
    waited.abort();
    if (!isStuck || this.isEnding) return this.failed();
    sending.giveUp.abort();
    this.sending = null;
    const reason = sending.outage.trouble ?? `the log did not answer for ${PATIENCE_MS / 1000} s`;
    return { lives: sending.lives, error: new Unavailable(`A flush could not be written: ${reason}`) };
  }

  /** What the log does not take at once from now on is replayed by whoever comes next. */
  giveUp(): void {
    this.isEnding = true;
    this.sending?.giveUp.abort();
  }

  /** Resolves when nothing is on its way. */
  async drain(): Promise<void> {
    await this.sending?.done;
  }
}
