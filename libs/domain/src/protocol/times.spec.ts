import { barrierTime, watermarkAt } from './times';

const HOUR = 3600e6;
const at = (millis: number | undefined) => (millis === undefined ? {} : { 's/1': millis });
const view = (watermark: number | null, other?: number) => ({
  watermark,
  cut: { 's/0': 5, 's/1': 7 },
  barriers: { 's/0': 7_200_000, ...at(other) },
});

describe('windows are over', () => {
  it('by the latest window where the barriers came later', () => {
    expect(watermarkAt(view(HOUR, 9_000_000), 0)).toBe(HOUR);
  });

  it('never before the earliest barrier, however far ahead an event is', () => {
    expect(watermarkAt(view(1e6 * HOUR, 9_000_000), 0)).toBe(2 * HOUR);
    expect(watermarkAt(view(1e6 * HOUR, 3_600_000), 0)).toBe(HOUR);
  });

  it('so much later as events may be late', () => {
    expect(watermarkAt(view(1e6 * HOUR, 9_000_000), HOUR / 2)).toBe(1.5 * HOUR);
    expect(watermarkAt(view(HOUR, 9_000_000), HOUR / 2)).toBe(HOUR);
  });

  it('nowhere before the first cut, without windows, or where a barrier is not known', () => {
    expect(watermarkAt({ watermark: HOUR, cut: {}, barriers: {} }, 0)).toBeNull();
    expect(watermarkAt(view(null, 9_000_000), 0)).toBeNull();
    expect(watermarkAt(view(HOUR), 0)).toBeNull();
  });
});

it('a timestamp that is no time of an append ends nothing', () => {
  expect([1.5, 0, 253_402_300_799_999].map(barrierTime)).toEqual([1, 0, 253_402_300_799_999]);
  for (const nonsense of [-1, NaN, Infinity, -Infinity, 253_402_300_800_000, 1795894938745000000])
    expect(barrierTime(nonsense)).toBe(0);
});
