/** Holds what catches up in a lane to its share of the events a second that the version may be built by. */
import type { Offset, Plan } from '@tenon/domain';
import type { Clock } from '@tenon/ports';
import type { ReadThrottle } from '@tenon/views';

/** How often it looks whether somebody has changed it, milliseconds. */
const LOOK_EVERY = 2000;

export class Throttle {
  /** Records that may be read at once: of half a second, one at least. */
  most = Infinity;
  private rate: number | null = null;
  private lookedAt = -Infinity;
  private at: Offset | null = null;
  private since = 0;

  /** @param lanes among which the rate is shared, however much each has */
  constructor(
    private readonly clock: Clock,
    private readonly read: ReadThrottle | undefined,
    private readonly plans: readonly Plan[],
    private readonly lanes: number,
  ) {}

  /** Waits until what was read since the last call was not too much. @param next what is to be read next */
  async wait(next: Offset, signal: AbortSignal): Promise<void> {
    if (this.read === undefined) return;
    await this.look(this.read);
    const { clock, rate, at } = this;
    // What was gone past without being read is no work.
    if (rate !== null && at !== null && next > at && next - at <= this.most) {
      const rest = this.since + ((next - at) * 1000) / rate - clock.monotonic();
      if (rest > 0) await clock.sleep(rest, signal);
    }
    this.at = next;
    this.since = clock.monotonic();
  }

  private async look(read: ReadThrottle): Promise<void> {
    const now = this.clock.monotonic();
    if (now - this.lookedAt < LOOK_EVERY) return;
    this.lookedAt = now;
    const rate = await read(this.plans);
    this.rate = rate === null ? null : rate / this.lanes;
    this.most = this.rate === null ? Infinity : Math.max(1, Math.round(this.rate / 2));
  }
}
