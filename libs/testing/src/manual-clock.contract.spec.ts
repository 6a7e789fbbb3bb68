import { describeClockContract } from './clock-contract';
import { createManualClock } from './manual-clock';
import type { ManualClock } from './manual-clock';

describeClockContract('The manual clock', createManualClock, (clock, ms) =>
  (clock as ManualClock).advance(ms),
);

test('sleeps end in order of their time, and see the time that they waited for', async () => {
  const clock = createManualClock(0);
  const woken: number[] = [];
  const sleep = async (ms: number) => {
    await clock.sleep(ms);
    woken.push(clock.now());
    if (ms === 10) await sleep(5);
  };
  const sleeps = Promise.all([30, 10, 20].map(sleep));
  await clock.advance(12);
  expect([woken, clock.now(), clock.sleeping()]).toEqual([[10], 12, 3]);
  await clock.advance(100);
  expect(woken).toEqual([10, 15, 20, 30]);
  await sleeps;
});
