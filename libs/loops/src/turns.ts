/** Long work that gives others their turn of the event loop: nobody waits for it, and they share the thread with it. */
import type { Clock } from '@tenon/ports';

/** Milliseconds of work at a time. */
const WORK_MS = 4;

export class Turns {
  private since: number;

  constructor(private readonly clock: Pick<Clock, 'monotonic' | 'sleep'>) {
    this.since = clock.monotonic();
  }

  /** It has worked for long enough: `next` is to be awaited. To be asked often. */
  get isDue(): boolean {
    return this.clock.monotonic() - this.since >= WORK_MS;
  }

  async next(): Promise<void> {
    await this.clock.sleep(0);
    this.since = this.clock.monotonic();
  }
}
