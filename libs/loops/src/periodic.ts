/** The loop of work that is due when something has happened, and from time to time in case nobody told. */
import type { Clock } from '@tenon/ports';

export class Periodic {
  private readonly stopping = new AbortController();
  private waking = new AbortController();
  /** Rejects if the work fails; resolves when it has been stopped. */
  done: Promise<void> = Promise.resolve();

  /**
   * @param every how long it waits at most, milliseconds
   * @param work one run of it; `signal` aborts when it is stopped
   */
  constructor(
    private readonly clock: Clock,
    private readonly every: () => number,
    private readonly work: (signal: AbortSignal) => Promise<void>,
  ) {}

  start(): void {
    this.done = this.run();
    this.done.catch(() => undefined); // whoever holds `done` handles it
  }

  /** Runs the work now, or again if it is running. */
  wake(): void {
    this.waking.abort();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const waking = (this.waking = new AbortController());
      await this.work(signal);
      if (!signal.aborted) await this.clock.sleep(this.every(), waking.signal);
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.waking.abort();
    await this.done.catch(() => undefined);
  }
}
