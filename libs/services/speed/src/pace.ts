/**
 * How long a catch-up rests after each of its steps. While live events come it takes a ninth of the time, since it shares engine,
 * thread, log and store with them; but where the live reader would run away from it, up to the half.
 */
import type { Offset } from '@tenon/domain';

/** What a rest is of the step before it. */
const MOST = 8;
const LEAST = 1;
/** How often it is looked at whether it gets nearer, milliseconds. */
const WINDOW_MS = 1000;
/** It is to fold so many times as many records as come meanwhile: below the first it rests less, above the second more. */
const NEARING = [2, 4] as const;

export class Pace {
  private share = MOST;
  private folded = 0;
  private window: { readonly at: number; readonly live: Offset } | null = null;

  /**
   * @param took of the step, milliseconds
   * @param folded in the step, records
   * @param live the next offset of the live reader
   * @param now by the monotonic clock
   * @param isQuiet nobody waits for live work
   * @returns milliseconds
   */
  rest(took: number, folded: number, live: Offset, now: number, isQuiet: boolean): number {
    this.folded += folded;
    this.window ??= { at: now, live };
    if (now - this.window.at >= WINDOW_MS) {
      const came = live - this.window.live;
      if (this.folded < NEARING[0] * came) this.share = Math.max(LEAST, this.share / 2);
      else if (this.folded > NEARING[1] * came) this.share = Math.min(MOST, this.share * 2);
      this.folded = 0;
      this.window = { at: now, live };
    }
    return took * (isQuiet ? LEAST : this.share);
  }
}
