/** Looks at something from time to time, so that readiness knows of it without asking when it is asked. */
import type { Clock } from '@tenon/ports';

export interface Probe {
  /** What went wrong the last time; null if it went well, or was not tried yet. */
  trouble(): string | null;
  close(): Promise<void>;
}

/** @param look rejects where there is trouble; given up after `timeoutMs`, which is trouble too */
export function startProbe(
  clock: Clock,
  look: () => Promise<unknown>,
  everyMs = 5_000,
  timeoutMs = 5_000,
): Probe {
  const stopping = new AbortController();
  let reason: string | null = null;
  const once = async () => {
    const waited = new AbortController();
    try {
      const late = clock
        .sleep(timeoutMs, AbortSignal.any([waited.signal, stopping.signal]))
        .then(() => 'late');
      const outcome = await Promise.race([look(), late]);
      reason = outcome === 'late' && !stopping.signal.aborted ? `No answer within ${timeoutMs} ms.` : null;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    } finally {
      waited.abort();
    }
  };
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await once();
      await clock.sleep(everyMs, stopping.signal);
    }
  })();
  return {
    trouble: () => reason,
    close: async () => {
      stopping.abort();
      await running;
    },
  };
}
