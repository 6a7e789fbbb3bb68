import type { Clock } from '@tenon/ports';

/** 2024-01-01T00:00:00Z */
export const NOW = 1_704_067_200_000;

/** Time that passes only when the spec says so, or `takes` how long. */
export class ManualClock implements Clock {
  private elapsed = 0;
  private sleeps: { readonly until: number; readonly wake: () => void }[] = [];
  /** How long every sleep was to be that was not nothing, milliseconds. */
  readonly slept: number[] = [];

  now = (): number => NOW + this.elapsed;
  monotonic = (): number => this.elapsed;

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (ms <= 0 || signal?.aborted === true) return resolve();
      this.slept.push(ms);
      const sleep = { until: this.elapsed + ms, wake: resolve };
      this.sleeps.push(sleep);
      signal?.addEventListener('abort', () => {
        this.sleeps = this.sleeps.filter((one) => one !== sleep);
        resolve();
      });
    });

  /** Moves time on without waking anybody: what work takes. */
  takes(ms: number): void {
    this.elapsed += ms;
  }

  /** Moves time on, wakes the sleeps that end by then, and lets what they waited for run. */
  async advance(ms: number): Promise<void> {
    await settle();
    this.elapsed += ms;
    const due = this.sleeps.filter(({ until }) => until <= this.elapsed);
    this.sleeps = this.sleeps.filter((one) => !due.includes(one));
    for (const { wake } of due) wake();
    await settle();
  }
}

/** Lets everything run that waits for promises only: in these specs that is all there is. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3000; turn += 1) await Promise.resolve();
}

/** Lets everything run until something is so. @throws if it never comes to be */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    if (condition()) return;
    for (let step = 0; step < 1000; step += 1) await Promise.resolve();
  }
  throw new Error(`waited in vain for: ${what}`);
}
