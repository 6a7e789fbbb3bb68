/** When to try again what has failed alone, beside others that go on: after pauses that grow. */
import { TenonError, isPassing } from '@tenon/errors';
import type { Clock } from '@tenon/ports';

/** Milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 300_000;

/** True for an error that says that it can't pass; of one that nobody knows (no `TenonError`) it can't be told. */
export const isLasting = (error: unknown): boolean => error instanceof TenonError && !isPassing(error);

export class Patience {
  private readonly failing = new Map<string, { readonly pause: number; readonly until: number }>();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  failed(key: string): void {
    const pause = Math.min((this.failing.get(key)?.pause ?? FIRST_PAUSE / 2) * 2, LONGEST_PAUSE);
    this.failing.set(key, { pause, until: this.clock.monotonic() + pause });
  }

  /** True if it may be tried. */
  isOver(key: string): boolean {
    return this.clock.monotonic() >= (this.failing.get(key)?.until ?? -Infinity);
  }

  well(key: string): void {
    this.failing.delete(key);
  }
}
