import type { Offsets } from '@tenon/domain';
import type { Clock } from '@tenon/ports';
import { ReceiptWaits } from './receipt-waits';

/** Time that passes when the test says so. */
function manualClock(): Clock & { advance(ms: number): Promise<void> } {
  let elapsed = 0;
  const sleeps = new Set<{ until: number; wake: () => void }>();
  return {
    now: () => elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleep = { until: elapsed + ms, wake: () => (sleeps.delete(sleep), resolve()) };
        sleeps.add(sleep);
        signal?.addEventListener('abort', sleep.wake, { once: true });
      }),
    async advance(ms) {
      elapsed += ms;
      for (const sleep of [...sleeps]) if (sleep.until <= elapsed) sleep.wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** A store that includes what it is told to, and counts how often it is asked. */
function scene() {
  const clock = manualClock();
  const store = { included: {} as Record<string, number>, asked: 0 };
  const reader = {
    includes: async (wanted: Offsets) => {
      store.asked += 1;
      return Object.entries(wanted).every(([partition, next]) => (store.included[partition] ?? 0) >= next);
    },
  };
  const waits = new ReceiptWaits(reader, 'p', clock, 50);
  const wait = (wanted: Offsets, trusting = true, timeoutMs = 1000, layer: 'merged' | 'batch' = 'merged') => {
    const { signal } = new AbortController();
    return waits.wait({ wanted, layer, until: clock.monotonic() + timeoutMs, signal }, trusting);
  };
  return { clock, store, waits, wait };
}

it('asks the store first where no hint has told anything, so that what is in already is answered at once', async () => {
  const { store, wait } = scene();
  store.included = { 0: 5 };
  await wait({ 0: 5 });
  expect(store.asked).toBe(1);
});

it('is over with the hint that reaches the event, without asking the store', async () => {
  const { store, waits, wait } = scene();
  waits.hinted({ 0: [0, 4] });
  const waited = wait({ 0: 5 });
  waits.hinted({ 0: [4, 5] });
  await waited;
  expect(store.asked).toBe(0);
});

it('asks the store all the same once no hint has come for a while', async () => {
  const { clock, store, waits, wait } = scene();
  waits.hinted({ 0: [0, 4] });
  const waited = wait({ 0: 5 });
  store.included = { 0: 5 };
  await clock.advance(50);
  await waited;
  expect(store.asked).toBe(1);
});

it('does not take hints at their word where that has been wrong before, nor for what batch includes', async () => {
  const { clock, store, waits, wait } = scene();
  waits.hinted({ 0: [0, 9] });
  for (const waited of [wait({ 0: 5 }, false, 100), wait({ 0: 5 }, true, 100, 'batch')]) {
    const failed = expect(waited).rejects.toMatchObject({ code: 'not-yet-included' });
    for (let i = 0; i < 4; i++) await clock.advance(50);
    await failed;
  }
  expect(store.asked).toBeGreaterThan(2);
});

it('asks the store before it gives up, also with no time at all', async () => {
  const { store, waits, wait } = scene();
  waits.hinted({ 0: [0, 4] });
  await expect(wait({ 0: 5 }, true, 0)).rejects.toMatchObject({ status: 504 });
  store.included = { 0: 5 };
  await wait({ 0: 5 }, true, 0);
  expect(store.asked).toBe(2);
});
