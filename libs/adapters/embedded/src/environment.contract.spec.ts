import { describeClockContract } from '@tenon/testing';
import { createIds, systemClock } from './environment';

describeClockContract("The machine's clock", () => systemClock);

test('ids are UUIDv7, each above the one before', () => {
  const ids = createIds();
  const made = Array.from({ length: 10_000 }, () => ids.next());
  expect(
    made.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
  ).toBe(true);
  expect([...made].sort()).toEqual(made);
  expect(new Set(made).size).toBe(made.length);
});

test('any number of sleeps may wait for one signal, without a warning', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on('warning', warn);
  const stop = new AbortController();
  const sleeps = Array.from({ length: 50 }, () => systemClock.sleep(3_600_000, stop.signal));
  stop.abort();
  await Promise.all(sleeps);
  await systemClock.sleep(1);
  process.off('warning', warn);
  expect(warnings).toEqual([]);
});
