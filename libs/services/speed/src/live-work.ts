/** What the live readers of a process are at, so that whoever catches up beside them can step back. */
import type { Clock } from '@tenon/ports';

/** Without a live record for so long there is nobody to step back for, milliseconds. */
const QUIET_MS = 1000;
/** Work that takes longer waits for something itself, milliseconds. */
const MOST_MS = 100;

export class LiveWork {
  private underWay = 0;
  private workedAt = -Infinity;
  private waiting: (() => void)[] = [];

  constructor(private readonly clock: Pick<Clock, 'monotonic' | 'sleep'>) {}

  /** @param work with live records */
  async during(work: () => Promise<void>): Promise<void> {
    this.underWay += 1;
    try {
      await work();
    } finally {
      this.underWay -= 1;
      this.workedAt = this.clock.monotonic();
      if (this.underWay === 0) for (const go of this.waiting.splice(0)) go();
    }
  }

  /**
   * Resolves at the next moment at which no live records are worked with, of work without a break between two of it; or after a
   * while, since one source must not hold up another.
   */
  async idle(): Promise<void> {
    if (this.underWay === 0) return;
    const enough = new AbortController();
    const end = new Promise<void>((go) => this.waiting.push(go));
    await Promise.race([end, this.clock.sleep(MOST_MS, enough.signal)]);
    enough.abort();
  }

  get isQuiet(): boolean {
    return this.underWay === 0 && this.clock.monotonic() - this.workedAt >= QUIET_MS;
  }
}
