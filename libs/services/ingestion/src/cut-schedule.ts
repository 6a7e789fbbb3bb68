/** Cuts on a schedule. A failed one is made up for by the next. */
import type { Clock, Logger } from '@tenon/ports';
import type { Cutter } from './cutter';

/**
 * Runs until aborted. A cut is left out where nothing has come since the last one, since it would only make barriers;
 * the first one after the start never is, as it may end what an earlier process left half-done.
 */
export async function runCutSchedule(
  cutter: Cutter,
  everyMs: number,
  clock: Clock,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(everyMs, signal);
    if (signal.aborted) return;
    try {
      if (!(await cutter.idle())) await cutter.cut(false);
    } catch (error) {
      logger.warn({ err: error }, 'scheduled cut failed');
    }
  }
}
