import type { Clock } from '@tenon/ports';

export interface ManualClock extends Clock {
  /** Moves time on; sleeps that end by then resolve in order, each with the time that it waited for. */
  advance(ms: number): Promise<void>;
  /** How many sleeps are under way. */
  sleeping(): number;
}

interface Sleep {
  readonly until: number;
  readonly wake: () => void;
}

/** Time that passes only when the test says so. @param start wall time, milliseconds since the epoch */
export function createManualClock(start = 1_000_000_000_000): ManualClock {
  let elapsed = 0;
  const sleeps = new Set<Sleep>();
  const next = () =>
    [...sleeps].reduce<Sleep | null>(
      (first, sleep) => (first && first.until <= sleep.until ? first : sleep),
      null,
    );
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    sleeping: () => sleeps.size,
    sleep: (ms, signal) =>
      new Promise<void>((resolve) => {
        if (signal?.aborted) return resolve();
        const sleep: Sleep = {
          until: elapsed + Math.max(0, ms),
          wake: () => {
            sleeps.delete(sleep);
            signal?.removeEventListener('abort', sleep.wake);
            resolve();
          },
        };
        sleeps.add(sleep);
        signal?.addEventListener('abort', sleep.wake, { once: true });
      }),
    async advance(ms) {
      const end = elapsed + ms;
      for (let sleep = next(); sleep !== null && sleep.until <= end; sleep = next()) {
        elapsed = Math.max(elapsed, sleep.until);
        sleep.wake();
        await settle();
      }
      elapsed = end;
      await settle();
    },
  };
}

/** Lets what was woken run, as far as it goes without time or I/O. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
