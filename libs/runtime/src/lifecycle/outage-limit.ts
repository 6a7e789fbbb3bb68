/** Ends a process whose servers have been away for longer than somebody wants it to wait: whoever starts it may start it elsewhere. */
import { TenonError } from '@tenon/errors';
import type { Clock } from '@tenon/ports';

/** How often it looks, milliseconds. */
const LOOK_EVERY_MS = 1000;

export interface OutageLimitOptions {
  readonly clock: Clock;
  readonly limitMs: number;
  /** What is away, in words; none: nothing. */
  readonly away: () => readonly string[];
  /** Told once. */
  readonly failed: (error: TenonError) => void;
}

/** An outage that ends begins anew: only what lasts without a break counts. */
export function limitOutage({ clock, limitMs, away, failed }: OutageLimitOptions): {
  close(): Promise<void>;
} {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = (async () => {
    let since: number | null = null;
    while (!signal.aborted) {
      const reasons = away();
      const now = clock.monotonic();
      since = reasons.length === 0 ? null : (since ?? now);
      if (since !== null && now - since >= limitMs) {
        const seconds = Math.round((now - since) / 1000);
        failed(
          new TenonError('outage-limit', `Away for ${seconds} s: ${reasons.join('; ')}.`, {
            hint: 'TENON_OUTAGE_LIMIT says how long an outage is waited for in the process.',
          }),
        );
        return;
      }
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  })();
  return {
    close: async () => {
      stopping.abort();
      await running;
    },
  };
}
