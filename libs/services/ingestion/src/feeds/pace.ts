/** How fast files are read: at full speed while nobody sends events, and with rests while somebody does. */
import type { Clock } from '@tenon/ports';

/** Somebody who sent an event may send another one for so long. */
const LIVE_MS = 2_000;
/** Rows of a piece of work: each is a micro-batch for speed, so few larger ones hold up less than many. */
const ROWS = { alone: 1_000, live: 500 };

export class Pace {
  private events = 0;
  private liveAt = -Infinity;

  /**
   * @param sent how many events have come other than from files
   * @param share what of the time files have while somebody sends, 0 to 1
   */
  constructor(
    private readonly clock: Pick<Clock, 'monotonic' | 'sleep'>,
    private readonly sent: () => number,
    private readonly share: number,
  ) {}

  /** How many rows the next piece of work has at most. */
  rows(): number {
    return this.isLive() ? ROWS.live : ROWS.alone;
  }

  private isLive(): boolean {
    const now = this.clock.monotonic();
    const sent = this.sent();
    if (sent !== this.events) [this.events, this.liveAt] = [sent, now];
    return now - this.liveAt < LIVE_MS;
  }

  /** After a piece of work that took so long. */
  async rest(tookMs: number, signal?: AbortSignal): Promise<void> {
    await this.clock.sleep(this.isLive() ? (tookMs * (1 - this.share)) / this.share : 0, signal);
  }
}
