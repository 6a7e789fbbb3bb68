import * as fc from 'fast-check';
import { cellId, cellKey, keyPattern, keyPrefix, parseCellId } from './cell';
import type { Value } from './sql-value';
import { formatTimestamp } from './time';
import { compareValues } from './values';

const bigint = fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n - 1n });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.string({
    unit: fc.constantFrom('a', '!', '#', '$', '|', '}', '~', ' ', '\0', '\x7f', 'é', '￿', '😀', '\ue000'),
    maxLength: 4,
  }),
);
const decimal = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }).map((n) => {
  const digits = String(n < 0n ? -n : n).padStart(3, '0');
  return `${n < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
});

/** Types whose order a key keeps, with values as JSON carries them. */
const ORDERED: readonly (readonly [type: string, value: fc.Arbitrary<Value>])[] = [
  [
    'TIMESTAMP',
    fc
      .oneof(
        fc.maxSafeInteger(),
        fc.integer({ min: -3, max: 3 }).map((n) => n * 500_000),
      )
      .map(formatTimestamp),
  ],
  ['BIGINT', fc.oneof(fc.integer({ min: -1100, max: 1100 }), fc.maxSafeInteger())],
  [
    'HUGEINT',
    fc
      .oneof(bigint, fc.bigInt({ min: -(2n ** 55n), max: 2n ** 55n }))
      .map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : String(n))),
  ],
  ['DECIMAL(20,2)', decimal],
  ['DOUBLE', fc.double().map((n) => (Number.isFinite(n) ? n : String(n)))],
  ['BOOLEAN', fc.boolean()],
  ['VARCHAR', text],
  [
    'DATE',
    fc
      .date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
      .map((d) => d.toISOString().slice(0, 10)),
  ],
  ['TIME', fc.constantFrom('00:00:00', '00:00:01', '00:00:00.000001', '23:59:59.999999')],
];

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const sign = (n: number) => Math.sign(n) + 0;

describe('cellKey', () => {
  it.each(ORDERED)('keeps the order of %s, null first, and tells values apart', (type, value) => {
    const nullable = fc.option(value);
    fc.assert(
      fc.property(nullable, nullable, (a, b) => {
        const expected =
          a === null || b === null ? Number(b === null) - Number(a === null) : compareValues(type, a, b);
        expect(sign(order(cellKey([type], [a]), cellKey([type], [b])))).toBe(sign(expected));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the order part by part', () => {
    const parts = fc.constantFrom(...ORDERED);
    const pair = fc
      .tuple(parts, parts)
      .chain(([[t1, v1], [t2, v2]]) => fc.tuple(fc.constant([t1, t2]), fc.tuple(v1, v2), fc.tuple(v1, v2)));
    fc.assert(
      fc.property(pair, ([types, a, b]) => {
        const expected = compareValues(types[0]!, a[0], b[0]) || compareValues(types[1]!, a[1], b[1]);
        expect(sign(order(cellKey(types, a), cellKey(types, b)))).toBe(sign(expected));
      }),
      { numRuns: 500 },
    );
  });

  it('gives any two keys of any JSON different texts, also where values are not what their type says', () => {
    const types = fc.constantFrom(
      'VARCHAR',
      'BIGINT',
      'DOUBLE',
      'BOOLEAN',
      'TIMESTAMP',
      'DATE',
      'DECIMAL(9,2)',
      'INTEGER[]',
      'STRUCT(a INTEGER)',
      'INTERVAL',
    );
    const odd = fc.constantFrom<Value>(
      '',
      '!',
      'z',
      'null',
      null,
      'NaN',
      '1',
      1,
      '01',
      '1.0',
      'abc',
      '2001-01-01',
      true,
      'true',
      [],
      [1],
      { a: 1 },
      1.5,
    );
    const json = fc.oneof(
      odd,
      fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value)) as Value),
    );
    fc.assert(
      fc.property(types, types, fc.tuple(json, json), fc.tuple(json, json), (t1, t2, a, b) => {
        const same = a.every((value, index) => isSame([t1, t2][index]!, value, b[index]!));
        expect(cellKey([t1, t2], a) === cellKey([t1, t2], b)).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });

  it('holds only ASCII between ! and }, and at most 1500 characters', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3 }), fc.integer({ min: 1, max: 900 }), (values, times) => {
        const key = values.map((value) => value.repeat(times));
        const result = cellKey(
          values.map(() => 'VARCHAR'),
          key,
        );
        expect(result).toMatch(/^[!-}]*$/);
        expect(result.length).toBeLessThanOrEqual(1500);
        expect(result.startsWith(keyPrefix(['VARCHAR'], key.slice(0, 1)))).toBe(true);
      }),
    );
  });

  it('tells long keys apart that differ only where they are cut off', () => {
    const long = (end: string) => cellKey(['VARCHAR'], [`${'x'.repeat(5000)}${end}`]);
    expect(long('a')).toHaveLength(1500);
    expect(long('a')).not.toBe(long('b'));
    expect(long('a').slice(0, 1400)).toBe(long('b').slice(0, 1400));
  });

  it('takes values for the same that SQL groups together', () => {
    expect(cellKey(['DOUBLE'], [-0])).toBe(cellKey(['DOUBLE'], [0]));
    expect(cellKey(['DECIMAL(9,2)'], ['12.5'])).toBe(cellKey(['DECIMAL(9,2)'], ['12.50']));
    expect(cellKey(['TIMESTAMP'], ['2001-01-01T00:00:00.500Z'])).toBe(
      cellKey(['TIMESTAMP'], ['2001-01-01 00:00:00.5']),
    );
  });

  it('can be read by a person', () => {
    expect(
      cellKey(['TIMESTAMP', 'VARCHAR', 'INTEGER', 'BOOLEAN'], ['2001-01-01T00:00:00Z', 'New York', 42, null]),
    ).toBe('t2001-01-01T00:00:00!sNew#20York!p142!');
  });
});

describe('keyPrefix', () => {
  it('begins every key with the same leading values, and no other short one', () => {
    const types = ['TIMESTAMP', 'VARCHAR', 'BIGINT'];
    const key = fc.tuple(ORDERED[0]![1], text, fc.integer());
    fc.assert(
      fc.property(key, key, fc.integer({ min: 0, max: 3 }), (a, b, count) => {
        const prefix = keyPrefix(types, a.slice(0, count));
        expect(cellKey(types, a).startsWith(prefix)).toBe(true);
        const same =
          cellKey(types.slice(0, count), a.slice(0, count)) ===
          cellKey(types.slice(0, count), b.slice(0, count));
        expect(cellKey(types, b).startsWith(prefix)).toBe(same);
      }),
    );
  });
});

describe('cellId', () => {
  it('is read back, and safe in a URL', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 1 })), (values) => {
        const key = JSON.parse(JSON.stringify(values)) as Value[];
        expect(cellId(key)).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(parseCellId(cellId(key))).toEqual(key);
      }),
    );
  });

  it('is refused if it was not made here', () => {
    const encode = (json: string) => Buffer.from(json).toString('base64url');
    for (const id of [
      '',
      '!',
      'AAAA',
      encode('{}'),
      encode('1'),
      encode('[1'),
      encode('[ 1 ]'),
      `${cellId([1])}=`,
      '../..',
      cellId([1]).slice(1),
    ])
      expect(parseCellId(id)).toBeUndefined();
  });
});

/** Equal JSON, or equal to SQL. */
function isSame(type: string, a: Value, b: Value): boolean {
  if (JSON.stringify(a) === JSON.stringify(b)) return true;
  const numeric = (value: Value) =>
    (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)) || typeof value === 'number';
  return /DECIMAL|BIGINT|DOUBLE/.test(type) && numeric(a) && numeric(b) && Number(a) === Number(b);
}

describe('keyPattern', () => {
  const types = ['TIMESTAMP', 'VARCHAR', 'BIGINT', 'DOUBLE', 'BOOLEAN', 'DECIMAL(10,2)', 'VARCHAR'];
  const text = fc.oneof(fc.string(), fc.constantFrom('a.b', 'a', 'é!', '日本', '', '}}', 'z'));
  const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 5 });
  const key = fc.tuple(
    nullable(fc.constantFrom('2001-01-01T00:00:00Z', '2001-01-01T00:00:00.5Z')),
    nullable(text),
    nullable(fc.maxSafeInteger()),
    nullable(fc.double({ noNaN: true, noDefaultInfinity: true })),
    nullable(fc.boolean()),
    nullable(fc.integer().map((n) => (n / 100).toFixed(2))),
    nullable(text),
  );

  it('matches every key that has the texts, and of the others none that is short', () => {
    fc.assert(
      fc.property(key, text, text, (values, first, second) => {
        for (const wanted of [
          [undefined, first],
          [undefined, first, undefined, undefined, undefined, undefined, second],
          [undefined, undefined, undefined, undefined, undefined, undefined, second],
        ]) {
          const pattern = new RegExp(`^${keyPattern(types, wanted) ?? 'none'}`);
          const given = values.map((value, part) => wanted[part] ?? value);
          expect(cellKey(types, given)).toMatch(pattern);
          const has = wanted.every((one, part) => one === undefined || values[part] === one);
          expect(pattern.test(cellKey(types, values))).toBe(has);
        }
      }),
    );
  });

  it('tells nothing about parts that are no text', () => {
    expect(keyPattern(types, ['2001-01-01T00:00:00Z', undefined, '1'])).toBeNull();
  });
});
