import { v7 } from 'uuid';
import type { Clock, Ids } from '@tenon/ports';
import { onAbort } from './abort';

/** Node's timers fire at once beyond 31 bits. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        clearTimeout(timer);
        stopListening?.();
        resolve();
      };
      const timer = setTimeout(wake, Math.min(ms, LONGEST_MS));
      const stopListening = signal && onAbort(signal, wake);
    }),
};

/** UUIDv7 (RFC 9562): within this process each is above the one before. */
export function createIds(): Ids {
  return { next: () => v7() };
}
