/** What nobody waits for leaves half of the time to others. */
import type { Clock } from '@tenon/ports';

/** Milliseconds at most. */
const LONGEST_BREAK = 50;

/** Waits as long as the work took that began then. */
export async function pauseAfter(clock: Clock, began: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(Math.min(clock.monotonic() - began, LONGEST_BREAK), signal);
}
