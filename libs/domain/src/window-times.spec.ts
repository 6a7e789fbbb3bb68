import type { PlanWindow } from './plan';
import { formatTimestamp, parseTimestamp } from './time';
import { windowBegin, windowEnd } from './window-times';
import { isZone, zoneOffset } from './zones';

describe('windowEnd', () => {
  const fixed = { column: 'w', sizeMicros: 3_600_000_000, sizeMonths: 0 };
  const months = (sizeMonths: number) => ({ column: 'w', sizeMicros: 0, sizeMonths });
  const end = (sizeMonths: number, start: string) => formatTimestamp(windowEnd(months(sizeMonths), start));

  it('adds a fixed length', () => {
    expect(formatTimestamp(windowEnd(fixed, '2001-01-01T23:00:00Z'))).toBe('2001-01-02T00:00:00Z');
  });

  it('adds calendar months, staying on the day or on the last one that there is', () => {
    expect(end(1, '2001-01-01T00:00:00Z')).toBe('2001-02-01T00:00:00Z');
    expect(end(1, '2001-12-01')).toBe('2002-01-01T00:00:00Z');
    expect(end(12, '2000-02-29T06:00:00Z')).toBe('2001-02-28T06:00:00Z');
    expect(end(1, '2001-01-31T00:00:00.250000Z')).toBe('2001-02-28T00:00:00.250000Z');
    expect(end(3, '1969-11-01')).toBe('1970-02-01T00:00:00Z');
  });

  it('is no number for what is no timestamp', () => expect(windowEnd(fixed, 'soon')).toBeNaN());
});

const HOUR = 3_600_000_000;
const DAY = 24 * HOUR;
const days = { column: 'w', sizeMicros: DAY, sizeMonths: 0 };
const timesOf = (window: PlanWindow, start: string) =>
  [windowBegin(window, start), windowEnd(window, start)].map((micros) => formatTimestamp(micros));

describe('local windows', () => {
  it.each([
    // Put forward in the night of March 31, back in that of October 27.
    ['Europe/Berlin', '2024-03-31', '2024-03-30T23:00:00Z', '2024-03-31T22:00:00Z'],
    ['Europe/Berlin', '2024-07-01', '2024-06-30T22:00:00Z', '2024-07-01T22:00:00Z'],
    ['Europe/Berlin', '2024-10-27', '2024-10-26T22:00:00Z', '2024-10-27T23:00:00Z'],
    ['America/New_York', '2024-11-03', '2024-11-03T04:00:00Z', '2024-11-04T05:00:00Z'],
    ['Asia/Kathmandu', '2024-01-01', '2023-12-31T18:15:00Z', '2024-01-01T18:15:00Z'],
    // Midnight itself is left out, and the day before has one too many.
    ['America/Santiago', '2024-09-08', '2024-09-08T04:00:00Z', '2024-09-09T03:00:00Z'],
    ['America/Santiago', '2024-04-06', '2024-04-06T03:00:00Z', '2024-04-07T04:00:00Z'],
  ])('a day of %s, %s, ends where it ends', (zone, day, begin, end) => {
    expect(timesOf({ ...days, zone }, day)).toEqual([begin, end]);
    expect(timesOf({ ...days, zone }, `${day}T00:00:00Z`)).toEqual([begin, end]);
    expect(timesOf({ ...days, zone, instants: true }, begin)).toEqual([begin, end]);
  });

  it('an hour that the clocks show twice ends with the second, and the hour before where it does', () => {
    const hours = { column: 'w', sizeMicros: HOUR, sizeMonths: 0, zone: 'Europe/Berlin' };
    expect(timesOf(hours, '2024-10-27T02:00:00Z')).toEqual(['2024-10-27T00:00:00Z', '2024-10-27T02:00:00Z']);
    expect(timesOf(hours, '2024-10-27T01:00:00Z')).toEqual(['2024-10-26T23:00:00Z', '2024-10-27T00:00:00Z']);
  });

  it('a month of local time has the hour less that its clocks skip', () => {
    const months = { column: 'w', sizeMicros: 0, sizeMonths: 1, zone: 'Europe/Berlin' };
    expect(timesOf(months, '2024-03-01')).toEqual(['2024-02-29T23:00:00Z', '2024-03-31T22:00:00Z']);
  });

  it('shifted days begin at another hour, whatever they are called', () => {
    const shifted = { ...days, shiftMicros: -6 * HOUR };
    expect(timesOf(shifted, '2024-03-31')).toEqual(['2024-03-31T06:00:00Z', '2024-04-01T06:00:00Z']);
    expect(timesOf({ ...shifted, labelMicros: 6 * HOUR }, '2024-03-31T06:00:00Z')).toEqual([
      '2024-03-31T06:00:00Z',
      '2024-04-01T06:00:00Z',
    ]);
    expect(timesOf({ ...shifted, zone: 'Europe/Berlin' }, '2024-03-30')).toEqual([
      '2024-03-30T05:00:00Z',
      '2024-03-31T04:00:00Z',
    ]);
  });

  it('knows which zones there are, and their offsets to the second', () => {
    expect(['Europe/Berlin', 'UTC', 'Etc/GMT-2', 'Mars/Olympus', ''].map(isZone)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(zoneOffset('Europe/Berlin', parseTimestamp('1890-01-01')!)).toBe((53 * 60 + 28) * 1e6);
    expect(zoneOffset('Mars/Olympus', 0)).toBeNaN();
    expect(windowEnd({ ...days, zone: 'Europe/Berlin' }, 'infinity')).toBeNaN();
  });
});
