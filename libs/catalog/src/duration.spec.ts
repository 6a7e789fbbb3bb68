import { parseDuration } from './duration';

const HOUR = 3_600e6;

it.each<[string, number]>([
  ['90 days', 90 * 24 * HOUR],
  ['1 day', 24 * HOUR],
  ['36h', 36 * HOUR],
  ['1.5 hours', 1.5 * HOUR],
  ['1 day 12 hours', 36 * HOUR],
  ['2 weeks', 14 * 24 * HOUR],
  ['1 year', 365 * 24 * HOUR],
  ['P90D', 90 * 24 * HOUR],
  ['PT36H', 36 * HOUR],
  ['P1DT12H', 36 * HOUR],
  ['PT0.5S', 500_000],
  ['P2W', 14 * 24 * HOUR],
  ['P1M', 30 * 24 * HOUR],
  ['PT1M', 60e6],
])('%s is %d microseconds', (text, micros) => expect(parseDuration(text)).toBe(micros));

it.each([
  '',
  '90',
  'soon',
  'P',
  'PT',
  'P1DT',
  '-1 days',
  '0 days',
  '1 fortnight',
  'days',
  '1 constructor',
  'P1H',
  '9999999999 years',
])('%j is no duration', (text) => expect(parseDuration(text)).toBeUndefined());
