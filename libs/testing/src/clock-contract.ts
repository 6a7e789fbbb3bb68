/** What every Clock must do. Run it with `describeClockContract` in the adapter's spec. */
import type { Clock } from '@tenon/ports';

/** @param pass lets so much of the clock's time go by; absent: it goes by of itself */
export function describeClockContract(
  name: string,
  create: () => Clock,
  pass?: (clock: Clock, ms: number) => Promise<void>,
): void {
  describe(`${name} keeps the contract of Clock`, () => {
    test('both times go on, and the monotonic one never goes back', async () => {
      const clock = create();
      const [now, monotonic] = [clock.now(), clock.monotonic()];
      let last = monotonic;
      for (let i = 0; i < 1000; i++) {
        const next = clock.monotonic();
        expect(next).toBeGreaterThanOrEqual(last);
        last = next;
      }
      const slept = clock.sleep(20);
      await pass?.(clock, 20);
      await slept;
      expect(clock.now()).toBeGreaterThan(now);
      expect(clock.monotonic()).toBeGreaterThan(monotonic);
    });

    test('a sleep takes its time', async () => {
      const clock = create();
      const started = clock.monotonic();
      const slept = clock.sleep(30);
      await pass?.(clock, 30);
      await slept;
      // A timer may be a fraction of a millisecond early.
      expect(clock.monotonic() - started).toBeGreaterThanOrEqual(29);
    });

    test('an aborted sleep ends at once, without an error', async () => {
      const clock = create();
      const abort = new AbortController();
      const slept = clock.sleep(3_600_000, abort.signal);
      abort.abort();
      await slept;
      await clock.sleep(3_600_000, abort.signal);
    });

    test('a sleep longer than a timer can hold can be aborted, and does not end by itself', async () => {
      const clock = create();
      const abort = new AbortController();
      let over = false;
      const slept = clock.sleep(1e12, abort.signal).then(() => (over = true));
      const short = clock.sleep(10);
      await pass?.(clock, 10);
      await short;
      expect(over).toBe(false);
      abort.abort();
      await slept;
    });

    test('a sleep of nothing ends', async () => {
      const clock = create();
      const slept = Promise.all([clock.sleep(0), clock.sleep(-5)]);
      await pass?.(clock, 0);
      await slept;
    });
  });
}
