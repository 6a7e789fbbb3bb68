/** Whether this process stood still for a while (a machine that swaps, or is moved): what it thinks it has may be others' by now. */
import type { Clock } from '@tenon/ports';

export const STALL_LOOK_MS = 500;

export class Stalls {
  private readonly stopping = new AbortController();
  private isSeen = false;
  private running: Promise<void> = Promise.resolve();

  /** @param longestMs it may be late by so much */
  constructor(
    private readonly clock: Pick<Clock, 'monotonic' | 'sleep'>,
    private readonly longestMs: number,
  ) {}

  start(): void {
    this.running = this.watch();
  }

  /** Since the last `forget`. */
  get seen(): boolean {
    return this.isSeen;
  }

  forget(): void {
    this.isSeen = false;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const before = this.clock.monotonic();
      await this.clock.sleep(STALL_LOOK_MS, signal);
      this.isSeen ||= this.clock.monotonic() - before > STALL_LOOK_MS + this.longestMs;
    }
  }
}
