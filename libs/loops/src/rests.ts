/**
 * A loop that fails for good, and is one of several in a process: it is told, rests and begins anew, after pauses that grow,
 * while the others go on. An error of a server that is away is no such failure: see `Outage`.
 */
import type { Clock, Logger } from '@tenon/ports';

/** Milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 300_000;
/** A loop that works for so long without failing again has got over what it failed at. */
const WELL_AFTER = 5000;

/** Who is told; both may be told the same again, and are not waited for. */
export interface TellRest {
  readonly failed: (error: unknown) => void;
  readonly well: () => void;
  /** False: that it is well was not heard, and is to be said again. */
  readonly isHeard?: () => boolean;
}

export class Rests {
  private pause = FIRST_PAUSE;
  /** Whether it has been said that it is well: what stood in the book before it began may be over. */
  private hasSaidWell = false;
  private saidAt = 0;
  private beganAt: number | null = null;
  private failure: { readonly reason: string; readonly since: number } | null = null;

  constructor(
    private readonly deps: { readonly clock: Clock; readonly logger: Logger },
    /** Its name in the log. */
    private readonly loop: string,
    private readonly tell: TellRest,
  ) {}

  /** Why it rests, or has rested not long ago, in words; null: it is well. */
  get reason(): string | null {
    return this.failure?.reason ?? null;
  }

  /** Says so, and waits. */
  async rest(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.deps;
    const { loop, pause } = this;
    logger.error({ error, loop, pause }, 'a loop failed; it rests while the others go on');
    this.tell.failed(error);
    this.failure = { reason: error instanceof Error ? error.message : String(error), since: Infinity };
    await clock.sleep(pause, signal);
    this.pause = Math.min(pause * 2, LONGEST_PAUSE);
    this.failure = { ...this.failure, since: clock.monotonic() };
  }

  /** To be called whenever it has worked; `true`: what failed has been done. */
  works(done = false): void {
    if (this.failure === null && this.hasSaidWell && this.tell.isHeard?.() !== false) return;
    const now = this.deps.clock.monotonic();
    this.beganAt ??= now;
    if (this.failure === null && this.hasSaidWell) {
      if (now - this.saidAt >= WELL_AFTER) this.sayWell(now);
      return;
    }
    if (!done && now - (this.failure?.since ?? this.beganAt) < WELL_AFTER) return;
    if (this.failure !== null) this.deps.logger.info({ loop: this.loop }, 'a loop that failed is well again');
    this.failure = null;
    this.pause = FIRST_PAUSE;
    this.sayWell(now);
  }

  private sayWell(now: number): void {
    this.hasSaidWell = true;
    this.saidAt = now;
    this.tell.well();
  }
}
