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
