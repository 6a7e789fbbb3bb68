/** The way into a source's topic, with what there is to count on it. */
import { TOPICS } from '@tenon/contracts';
import { LogLost } from '@tenon/errors';
import type { Clock, EventLog, Metrics, NewRecord, Tracer } from '@tenon/ports';
import { NO_METRICS, NO_TRACER } from '@tenon/telemetry';
import type { Cause } from './append-span';
import { traceAppend } from './append-span';

/** Without traffic nothing would ever succeed again, and without readiness there is no traffic. */
const FORGET_AFTER_MS = 5_000;

export class EventAppender {
  private readonly topic: string;
  private failure: { readonly reason: string; readonly at: number } | null = null;
  private asking = false;
  private readonly observe: (seconds: number) => void;
  accepted = 0;
  rejected = 0;
  late = 0;

  constructor(
    private readonly log: EventLog,
    private readonly clock: Clock,
    source: string,
    metrics: Metrics = NO_METRICS,
    private readonly tracer: Tracer = NO_TRACER,
  ) {
    this.topic = TOPICS.events(source);
    this.observe = metrics.histogram(
      'tenon_append_duration_seconds',
      'Time until the log had what was accepted, durably.',
      { source },
    );
  }

  /**
   * @param cause the call that the records came with
   * @returns offsets, once the records are durable. @throws what the log throws; then nothing is acknowledged
   */
  async append(records: readonly NewRecord[], cause: Cause): Promise<number[]> {
    if (records.length === 0) return [];
    if (!this.tracer.enabled) return this.write(records);
    return traceAppend(this.tracer, this.topic, records, cause, (traced) => this.write(traced));
  }

  private async write(records: readonly NewRecord[]): Promise<number[]> {
    const began = this.clock.monotonic();
    try {
      const offsets = await this.log.append(this.topic, records);
      this.observe((this.clock.monotonic() - began) / 1000);
      this.failure = null;
      this.accepted += records.length;
      return offsets;
    } catch (error) {
      this.refuse(error);
      throw error;
    }
  }

  /** Nothing can be appended. */
  refuse(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const lasts = error instanceof LogLost;
    this.failure = { reason, at: lasts ? Infinity : this.clock.monotonic() };
  }

  /** A topic that is not what it was does not pass by itself: an operator may have put it back. */
  private askAgain(): void {
    if (this.asking) return;
    this.asking = true;
    void this.log
      .hasTopic(this.topic)
      .then(
        (isThere) => void (isThere && this.failure?.at === Infinity && (this.failure = null)),
        () => undefined,
      )
      .finally(() => (this.asking = false));
  }

  /** Why the last append failed; null if it did not, or if that is so long ago that another try is due. */
  trouble(): string | null {
    if (this.failure?.at === Infinity) this.askAgain();
    const recent = this.failure !== null && this.clock.monotonic() - this.failure.at < FORGET_AFTER_MS;
    return recent ? (this.failure?.reason ?? null) : null;
  }
}
