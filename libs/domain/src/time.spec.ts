import * as fc from 'fast-check';
import {
  canonicalTimestamp,
  dateSortKey,
  formatMicros,
  formatTimestamp,
  parseTimestamp,
  timeSortKey,
  timestampSortKey,
} from './time';

/** What the platform says, in microseconds. */
const byDate = (text: string) => Date.parse(text) * 1000;

describe('parseTimestamp', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2001-01-01T00:00:00Z', byDate('2001-01-01T00:00:00Z')],
    ['2001-01-01t00:00:00z', byDate('2001-01-01T00:00:00Z')],
    ['2001-01-01 02:00:00+02:00', byDate('2001-01-01T00:00:00Z')],
    ['2001-01-01T02:00:00+0200', byDate('2001-01-01T00:00:00Z')],
    ['2001-01-01T02:00+02', byDate('2001-01-01T00:00:00Z')],
    ['2000-12-31T14:30:00-09:30', byDate('2001-01-01T00:00:00Z')],
    ['2001-01-01', byDate('2001-01-01T00:00:00Z')],
    ['2001-01-01T00:00', byDate('2001-01-01T00:00:00Z')],
    ['2001-01-01T00:00:00', byDate('2001-01-01T00:00:00Z')],
    ['1970-01-01T00:00:00.5Z', 500_000],
    ['1970-01-01T00:00:00.000001Z', 1],
    ['1970-01-01T00:00:00.123456789123Z', 123_456],
    ['1969-12-31T23:59:59.999999Z', -1],
    ['2000-02-29T00:00:00Z', byDate('2000-02-29T00:00:00Z')],
    ['0000-01-01T00:00:00Z', byDate('0000-01-01T00:00:00Z')],
    ['9999-12-31T23:59:59Z', byDate('9999-12-31T23:59:59Z')],
    ['+010000-01-01T00:00:00Z', byDate('+010000-01-01T00:00:00Z')],
    ['-000044-03-15T00:00:00Z', byDate('-000044-03-15T00:00:00Z')],
  ])('reads %s', (text, micros) => expect(parseTimestamp(text)).toBe(micros));

  it.each([
    [
      '',
      'now',
      '2001',
      '2001-01',
      '2001-1-1',
      '20010101',
      '01/02/2001',
      'Thu, 01 Jan 1970 00:00:00 GMT',
      '978307200',
    ],
    [
      '2001-02-29',
      '1900-02-29',
      '2001-02-30T00:00:00Z',
      '2001-04-31',
      '2001-00-01',
      '2001-13-01',
      '2001-01-00',
      '2001-01-32',
    ],
    [
      '2001-01-01T24:00:00Z',
      '2001-01-01T23:60:00Z',
      '2001-12-31T23:59:60Z',
      '2001-01-01T',
      '2001-01-01T1:00:00Z',
    ],
    [
      '2001-01-01T00:00:00.Z',
      '2001-01-01T00:00:00,5Z',
      '2001-01-01T00:00:00 Z',
      '2001-01-01T00:00:00Zx',
      '2001-01-01T00:00:00Z ',
    ],
    [
      ' 2001-01-01',
      '2001-01-01T00:00:00+',
      '2001-01-01T00:00:00+24:00',
      '2001-01-01T00:00:00+01:60',
      '2001-01-01T00:00:00+1:00',
    ],
    [
      '2001-01-01T00:00:00+02:0',
      '2001-01-01T00:00:00+02:000',
      '2001-01-01Z',
      '2001-01-01T00Z',
      '-000000-01-01',
      '-0044-03-15',
    ],
    [
      '٢٠٠١-01-01',
      '2001-01-01T00:00:00.5.5Z',
      '2001-01-01T00:00:00-',
      'infinity',
      '2001_01_01',
      '2001-01-01T00-00-00',
    ],
  ])('rejects %s and its like', (...texts) => {
    for (const text of texts) expect([text, parseTimestamp(text)]).toEqual([text, undefined]);
  });

  it('agrees with the platform on every day and offset', () => {
    const date = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(date, (one) => parseTimestamp(one.toISOString()) === one.getTime() * 1000));
    fc.assert(
      fc.property(
        date,
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.boolean(),
        (one, hours, minutes, west) => {
          const two = (n: number) => String(n).padStart(2, '0');
          const text = `${one.toISOString().slice(0, -1)}${west ? '-' : '+'}${two(hours)}:${two(minutes)}`;
          return parseTimestamp(text) === Date.parse(text) * 1000;
        },
      ),
    );
  });

  it('answers any text with a moment or undefined, and takes the same days as the platform', () => {
    const digit = fc.constantFrom(...'0123456789-T:.Z+ '.split(''));
    fc.assert(
      fc.property(fc.string({ unit: digit, maxLength: 30 }), (text) =>
        Number.isFinite(parseTimestamp(text) ?? 0),
      ),
    );
    const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'));
    fc.assert(
      fc.property(fc.integer({ min: 1600, max: 2400 }), two(13), two(32), (year, month, day) => {
        const days = new Date(Date.UTC(year, Number(month) - 1, Number(day)));
        const real = days.getUTCMonth() === Number(month) - 1 && days.getUTCDate() === Number(day);
        return parseTimestamp(`${year}-${month}-${day}`) === (real ? days.getTime() * 1000 : undefined);
      }),
    );
  });
});

describe('formatTimestamp', () => {
  it('writes RFC 3339 in UTC, with six decimals only if there is a fraction', () => {
    expect(formatTimestamp(0)).toBe('1970-01-01T00:00:00Z');
    expect(formatTimestamp(500_000)).toBe('1970-01-01T00:00:00.500000Z');
    expect(formatTimestamp(-1)).toBe('1969-12-31T23:59:59.999999Z');
    expect(formatTimestamp(byDate('-000044-03-15T00:00:00Z'))).toBe('-000044-03-15T00:00:00Z');
    expect(formatTimestamp(byDate('+012345-03-15T00:00:00Z'))).toBe('+012345-03-15T00:00:00Z');
  });

  it('is read back to the microsecond, as far as a number holds them', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (micros) => parseTimestamp(formatTimestamp(micros)) === micros),
    );
    fc.assert(
      fc.property(fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }), (seconds) => {
        expect(parseTimestamp(formatTimestamp(seconds * 1e6))).toBe(seconds * 1e6);
        expect(formatTimestamp(seconds * 1e6)).toBe(
          new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
        );
      }),
    );
  });
});

describe('sort keys', () => {
  const instants = fc.oneof(
    fc.integer({ min: -5e11, max: 5e11 }),
    fc.integer({ min: -62_167_219_300, max: -62_167_219_100 }),
  );
  const micro = fc.constantFrom(0, 1, 500_000, 120_000, 999_999);

  it('stand in the order of time and are one per moment', () => {
    const spell = (seconds: number, micros: number) =>
      formatTimestamp(seconds * 1e6).replace(
        'Z',
        `${micros === 0 ? '' : `.${String(micros).padStart(6, '0')}`}Z`,
      );
    fc.assert(
      fc.property(instants, micro, instants, micro, fc.boolean(), (s1, m1, s2, m2, near) => {
        const other = near ? s1 : s2;
        const [x, y] = [timestampSortKey(spell(s1, m1))!, timestampSortKey(spell(other, m2))!];
        expect(Math.sign(Number(x > y) - Number(x < y))).toBe(Math.sign(s1 - other || m1 - m2));
      }),
    );
  });

  it('do not depend on how a moment is written', () => {
    const key = timestampSortKey('2001-01-01T00:00:00.5Z');
    for (const text of [
      '2001-01-01 00:00:00.500',
      '2001-01-01T02:00:00.500000+02:00',
      '2000-12-31T23:00:00.50-01',
    ])
      expect(timestampSortKey(text)).toBe(key);
    expect(timestampSortKey('2001-01-01T00:00:10.000Z')).toBe(timestampSortKey('2001-01-01T00:00:10Z'));
    expect(timestampSortKey('yesterday')).toBeUndefined();
  });

  it('exist for dates, times of day and infinities', () => {
    const dates = [
      '-infinity',
      '-000044-03-15',
      '0001-01-01',
      '2001-01-01',
      '9999-12-31',
      '+010000-01-01',
      'infinity',
    ];
    const keys = dates.map((text) => dateSortKey(text)!);
    expect([...keys].sort()).toEqual(keys);
    const times = ['00:00:00', '00:00:00.000001', '10:00:00', '10:00:00.5', '10:00:00.51', '23:59:59'];
    expect(times.map((text) => timeSortKey(text)!).sort()).toEqual(times.map((text) => timeSortKey(text)));
    expect(timeSortKey('10:00:00.500000')).toBe(timeSortKey('10:00:00.5'));
    expect(timeSortKey('noon')).toBeUndefined();
  });
});

describe('every year from 1 to 9999, to the microsecond', () => {
  /** Seconds of those years, and the microseconds of one. */
  const moment = fc.tuple(
    fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
    fc.integer({ min: 0, max: 999_999 }),
  );
  const micros = ([seconds, fraction]: readonly [number, number]) =>
    BigInt(seconds) * 1_000_000n + BigInt(fraction);

  it('a text for each moment, which reads back to itself and lies in the order of time', () => {
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        const [x, y] = [formatMicros(micros(a)), formatMicros(micros(b))];
        expect(canonicalTimestamp(x)).toBe(x);
        const whole = new Date(a[0] * 1000).toISOString().slice(0, 19);
        expect(x).toBe(a[1] === 0 ? `${whole}Z` : `${whole}.${String(a[1]).padStart(6, '0')}Z`);
        const [k, l] = [timestampSortKey(x)!, timestampSortKey(y)!];
        expect(Math.sign(Number(micros(a) - micros(b)))).toBe(k < l ? -1 : k > l ? 1 : 0);
      }),
    );
  });

  it.each([
    [253_402_300_799_999_999n, '9999-12-31T23:59:59.999999Z'],
    [-62_135_596_799_999_999n, '0001-01-01T00:00:00.000001Z'],
    [-1n, '1969-12-31T23:59:59.999999Z'],
    [0n, '1970-01-01T00:00:00Z'],
    [253_402_300_800_000_001n, '+010000-01-01T00:00:00.000001Z'],
  ])('%d is %s', (value, text) => expect(formatMicros(value)).toBe(text));

  it.each([
    ['9999-12-31 23:59:59.9999999+00', '9999-12-31T23:59:59.999999Z'],
    ['2300-01-01T02:00:00.000001+02:00', '2300-01-01T00:00:00.000001Z'],
    ['2001-01-31', '2001-01-31T00:00:00Z'],
    ['2001-02-29', undefined],
  ])('%s is written as %s', (text, canonical) => expect(canonicalTimestamp(text)).toBe(canonical));
});
