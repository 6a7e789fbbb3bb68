/** Pauses of no length are over at once, others when the spec says so. */
import type { Clock } from '@tenon/ports';
import { createManualClock } from '@tenon/testing';

export interface SteppingClock extends Clock {
  advance(ms: number): Promise<void>;
}

export function steppingClock(): SteppingClock {
  const clock = createManualClock();
  const sleep: Clock['sleep'] = async (ms, signal) => {
    if (ms > 0) await clock.sleep(ms, signal);
  };
  return { ...clock, sleep };
}
