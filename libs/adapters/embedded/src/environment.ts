import { randomFillSync } from 'node:crypto';
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

/** Random bytes for this many ids are drawn at once: one call of the system's generator costs as much as ten ids. */
const DRAWN = 512;

/** UUIDv7 (RFC 9562): within this process each is above the one before (section 6.2, method 1: a counter). */
export function createIds(): Ids {
  const pool = new Uint8Array(16 * DRAWN);
  let at = pool.length;
  let msecs = 0;
  let seq = 0;
  return {
    next: () => {
      if (at === pool.length) {
        randomFillSync(pool);
        at = 0;
      }
      at += 16;
      const random = pool.subarray(at - 16, at);
      const now = Date.now();
      seq += 1;
      if (now > msecs || seq > 0xffffffff) {
        msecs = Math.max(now, msecs + 1);
        // Below half of its range, so that it can count up.
        seq = ((random[6]! & 127) << 24) | (random[7]! << 16) | (random[8]! << 8) | random[9]!;
      }
      return v7({ random, msecs, seq });
    },
  };
}
