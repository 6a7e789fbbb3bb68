import type { Clock } from '@tenon/ports';
import { NOW } from './memory-log';

export interface ManualClock extends Clock {
  /** Moves time on, wakes the sleeps that end by then, and lets what they waited for run. */
  advance(ms: number): Promise<void>;
}

export function manualClock(): ManualClock {
  let time = NOW;
  let sleeps: { readonly until: number; wake(): void }[] = [];
  return {
    now: () => time,
    monotonic: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) resolve();
        signal?.addEventListener('abort', () => resolve());
        sleeps.push({ until: time + ms, wake: resolve });
      }),
    advance: async (ms) => {
      await settle();
      time += ms;
      const due = sleeps.filter(({ until }) => until <= time);
      sleeps = sleeps.filter(({ until }) => until > time);
      for (const sleep of due) sleep.wake();
      await settle();
    },
  };
}

/** Lets everything run that waits for promises only. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
}
