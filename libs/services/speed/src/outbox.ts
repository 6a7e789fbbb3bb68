/** What the layer writes to the log: it waits for the log rather than going on without a record. */
import type { Clock, EventLog, Logger, NewRecord, Span, Tracer } from '@tenon/ports';
import { NO_TRACER } from '@tenon/telemetry';
import type { PendingFlush } from './flush';
import { traceFlush } from './spans';

export interface OutboxDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tracer?: Tracer;
}

const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2000;

export class Outbox {
  private flushing: Promise<void> = Promise.resolve();

  /** @param signal gives up waiting for the log */
  constructor(
    private readonly deps: OutboxDeps,
    private readonly signal: AbortSignal,
    private readonly observeFlush: (seconds: number) => void,
  ) {}

  /**
   * Appends in the background, one after the other, while the next micro-batch is computed.
   *
   * @param span of the micro-batch, if it is traced
   */
  async send(flushes: readonly PendingFlush[], span?: Span): Promise<void> {
    await this.flushing;
    const { clock } = this.deps;
    const began = clock.monotonic();
    const append = ({ topic, records }: PendingFlush) => this.append(topic, records);
    const { tracer = NO_TRACER } = this.deps;
    const all = Promise.all(
      flushes.map((flush) => (span === undefined ? append(flush) : traceFlush(tracer, span, flush, append))),
    );
    this.flushing = all.then(() => this.observeFlush((clock.monotonic() - began) / 1000));
    this.flushing.catch(() => undefined);
  }

  /** A flush that is lost would be a gap, so it is tried until it is taken. */
  async append(topic: string, records: readonly NewRecord[]): Promise<void> {
    const { log, clock, logger } = this.deps;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        await log.append(topic, records, { ack: 'relaxed' });
        return;
      } catch (error) {
        if (this.signal.aborted) return;
        logger.warn({ error, topic }, 'the log did not take what speed wrote, trying again');
        await clock.sleep(pause, this.signal);
      }
    }
  }

  /** Resolves when nothing is on its way. */
  drain(): Promise<void> {
    return this.flushing;
  }
}
