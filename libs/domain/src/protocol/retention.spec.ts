import type { PlanWindow } from '../plan';
import { emptyPointer } from './pointer';
import { horizonAt, isPastRetention, withHorizon } from './retention';

const HOUR = 3_600_000_000;
const window: PlanWindow = { column: 'window_start', sizeMicros: HOUR, sizeMonths: 0 };
const plan = { window, retentionMicros: 2 * HOUR };
const NOON = Date.parse('2024-01-01T12:00:00Z');

const pointer = (barriers: Record<string, number>, horizon?: number) => ({
  ...{ ...emptyPointer('h'), generation: 1, cut: { 'a/0': 5, 'a/1': 7 }, barriers },
  ...(horizon !== undefined && { horizon }),
});

test('is the time of the earliest barrier of the cut, less the retention', () => {
  for (const barriers of [
    { 'a/0': NOON + 500, 'a/1': NOON },
    { 'a/0': NOON, 'a/1': NOON + 500 },
  ])
    expect(horizonAt(pointer(barriers), plan)).toBe(NOON * 1000 - 2 * HOUR);
});

test('is none without a window, a retention, a cut, or the barrier of a lane', () => {
  const known = pointer({ 'a/0': NOON, 'a/1': NOON });
  expect(horizonAt(known, { ...plan, window: null })).toBeNull();
  expect(horizonAt(known, { ...plan, retentionMicros: null })).toBeNull();
  expect(horizonAt({ ...known, cut: {} }, plan)).toBeNull();
  expect(horizonAt(pointer({ 'a/0': NOON }), plan)).toBeNull();
});

test('never goes back, whatever the clocks of those who append say', () => {
  const before = { horizon: NOON * 1000 };
  const back = pointer({ 'a/0': NOON - 9e6, 'a/1': NOON });
  expect(withHorizon(before, back, plan).horizon).toBe(NOON * 1000);
  expect(withHorizon(before, pointer({}), plan).horizon).toBe(NOON * 1000);
  expect(withHorizon({}, pointer({}), plan)).not.toHaveProperty('horizon');
});

test('a row is past it once its window ends by then, and a total never is', () => {
  const ten = NOON * 1000 - 2 * HOUR;
  expect(isPastRetention(plan, '2024-01-01T09:00:00Z', ten)).toBe(true);
  expect(isPastRetention(plan, '2024-01-01T09:00:00Z', ten - 1)).toBe(false);
  expect(isPastRetention(plan, '2024-01-01T10:00:00Z', ten)).toBe(false);
  expect(isPastRetention(plan, '2024-01-01T09:00:00Z', undefined)).toBe(false);
  expect(isPastRetention(plan, null, ten)).toBe(false);
  expect(isPastRetention({ window: null }, '2024-01-01T09:00:00Z', ten)).toBe(false);
});
