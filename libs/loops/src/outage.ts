/**
 * A server that is away is waited for in the process: whoever starts processes again waits longer each time, and would still
 * wait when the server is back. Nothing is held meanwhile but what a loop begins with.
 */
import { isPassing } from '@tenon/errors';
import type { Clock, Logger } from '@tenon/ports';

const FIRST_PAUSE = 100;
/** A server that is back is found after this long at the latest, milliseconds. */
const LONGEST_PAUSE = 2000;

export class Outage {
  private pause = FIRST_PAUSE;
  private reason: string | null = null;

  /** @param loop its name in the log */
  constructor(
    private readonly deps: { readonly clock: Clock; readonly logger: Logger },
    private readonly loop: string,
  ) {}

  /** What is away, in words; null: nothing. */
  get trouble(): string | null {
    return this.reason;
  }

  /** Waits a while before the next attempt. @throws the error itself, if it is not one that passes */
  async wait(error: unknown, signal: AbortSignal): Promise<void> {
    if (!isPassing(error)) throw error;
    const { clock, logger } = this.deps;
    const { loop } = this;
    if (this.reason === null) logger.warn({ error, loop }, 'something is away; trying until it is back');
    this.reason = error instanceof Error ? error.message : String(error);
    await clock.sleep(this.pause, signal);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  /** It works again. */
  over(): void {
    if (this.reason === null) return;
    this.deps.logger.info({ loop: this.loop }, 'what was away is back');
    this.reason = null;
    this.pause = FIRST_PAUSE;
  }
}
