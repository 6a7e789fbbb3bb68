import { setTimeout as delay } from 'node:timers/promises';
import { v7 } from 'uuid';
import type { Clock, Ids } from '@tenon/ports';

const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    if (signal?.aborted) return;
    // Node's timers fire at once beyond 31 bits. The promise rejects when aborted: the sleep is over.
    await delay(Math.min(ms, LONGEST_MS), undefined, signal && { signal }).catch(() => undefined);
  },
};

/** UUIDv7 (RFC 9562): within this process each is above the one before. */
export function createIds(): Ids {
  return { next: () => v7() };
}
