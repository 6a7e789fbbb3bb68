/** Cuts on a schedule. A failed one is made up for by the next. */
import type { Clock, Logger } from '@tenon/ports';
import type { Cutter } from './cutter';

/** Runs until aborted. A cut is left out where another process makes them, or where it would only make barriers. */
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
      if (await cutter.due()) await cutter.cut(false);
    } catch (error) {
      logger.warn({ err: error }, 'scheduled cut failed');
    }
  }
}
