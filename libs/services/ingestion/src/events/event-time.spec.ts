import { EventTimes } from './event-time';

/** As ingestion does it: read once, and written at once. */
function written(times: EventTimes, value: unknown): string | undefined {
  const micros = times.read(value);
  return micros === undefined ? undefined : times.format(micros);
}

it.each([
  ['2026-03-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ['2026-03-01t02:00:00.5+02:00', '2026-03-01T00:00:00.500000Z'],
  ['0001-01-01T00:00:00.000001Z', '0001-01-01T00:00:00.000001Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ['1600-01-01T00:00:00.123457Z', '1600-01-01T00:00:00.123457Z'],
  ['2300-01-01T00:00:00.000003999Z', '2300-01-01T00:00:00.000003Z'],
  ['9999-12-31T23:59:59.999998Z', '9999-12-31T23:59:59.999998Z'],
  ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
  [1_772_323_200, '2026-03-01T00:00:00Z'],
  [1_772_323_200_123, '2026-03-01T00:00:00.123000Z'],
  [-62_135_596_800, '0001-01-01T00:00:00Z'],
])('%s is written as %s', (value, text) => expect(written(new EventTimes(), value)).toBe(text));

it.each([
  '0000-12-31T23:59:59.999999Z',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59.999999-00:01',
  '+010000-01-01T00:00:00Z',
  '-000044-03-15T00:00:00Z',
  '2026-02-30T00:00:00Z',
  253_402_300_800_000_000,
  null,
  true,
])('%s is no time from year 1 to 9999', (value) => expect(new EventTimes().read(value)).toBeUndefined());

it('what came before does not show in what comes after, where one number stands for both', () => {
  const times = new EventTimes();
  const both = ['0001-01-01T00:00:00.000001Z', '0001-01-01T00:00:00.000002Z'];
  expect(times.read(both[0])).toBe(times.read(both[1]));
  for (const text of [...both, ...both]) expect(written(times, text)).toBe(text);
  expect(written(times, -62_135_596_800)).toBe('0001-01-01T00:00:00Z');
});
