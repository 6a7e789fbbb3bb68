import { createManualClock } from '@tenon/testing';
import { Throttle } from './throttle';

const { signal } = new AbortController();

/** In a clock's own time. @returns milliseconds that reading up to `to` takes, if reading itself takes none */
async function readTo(to: number, rate: () => number | null, lanes = 1, jumpAt = Infinity): Promise<number> {
  const clock = createManualClock();
  const throttle = new Throttle(clock, async () => rate(), [], lanes);
  let next = 0;
  let done = false;
  const reading = (async () => {
    await throttle.wait(next, signal);
    while (next < to) {
      next = next >= jumpAt ? to : Math.min(to, next + Math.min(5000, throttle.most));
      await throttle.wait(next, signal);
    }
    done = true;
  })();
  while (!done) await clock.advance(5);
  await reading;
  return clock.monotonic();
}

test('so many records a second are read, shared among the lanes', async () => {
  expect(await readTo(10_000, () => 1000)).toBeCloseTo(10_000, -2);
  expect(await readTo(10_000, () => 1000, 4)).toBeCloseTo(40_000, -2);
});

test('less than one record a second of a lane is less than one', async () => {
  expect(await readTo(10, () => 1, 4)).toBeCloseTo(40_000, -2);
});

test('without a bound nothing waits', async () => {
  expect(await readTo(1_000_000, () => null)).toBeLessThanOrEqual(5);
});

test('a bound that is taken away, or set, while it reads holds within some seconds', async () => {
  let looks = 0;
  // Four seconds of 1,000 a second, and the rest at once.
  const ms = await readTo(100_000, () => (looks++ < 2 ? 1000 : null));
  expect(ms).toBeGreaterThanOrEqual(2000);
  expect(ms).toBeLessThanOrEqual(5000);
});

test('what is gone past without being read is no work', async () => {
  const ms = await readTo(1_000_000, () => 1000, 1, 2000);
  expect(ms).toBeLessThanOrEqual(3000);
});
