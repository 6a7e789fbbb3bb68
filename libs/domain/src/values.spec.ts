import * as fc from 'fast-check';
import type { Value } from './sql-value';
import { shapeOf } from './sql-type';
import { compareText, compareValues, comparatorOf, encodeDouble, toAnswer } from './values';

/** Sorts with `compareValues` and expects what is given, from any order. */
function expectOrder(type: string, ascending: readonly Value[]): void {
  fc.assert(
    fc.property(fc.shuffledSubarray([...ascending], { minLength: ascending.length }), (shuffled) => {
      expect(shuffled.sort((a, b) => compareValues(type, a, b))).toEqual(ascending);
    }),
    { numRuns: 20 },
  );
}

describe('compareValues', () => {
  it('orders every kind of value as DuckDB does', () => {
    expectOrder('BIGINT', [
      '-9223372036854775808',
      -5,
      0,
      7,
      10,
      '9223372036854775806',
      '9223372036854775807',
    ]);
    expectOrder('DECIMAL(18,2)', [
      '-10.00',
      '-9.99',
      '-0.01',
      '0.00',
      '0.50',
      '9.00',
      '10.00',
      '123456789012345.67',
    ]);
    expectOrder('DECIMAL(9,0)', ['-10', '-9', '0', '5', '10']);
    expectOrder('DOUBLE', ['-Infinity', -1e300, -0.5, 0, 5e-324, 1, 'Infinity', 'NaN']);
    expectOrder('BOOLEAN', [false, true]);
    expectOrder('VARCHAR', ['', 'A', 'Z', 'a', 'aa', 'b', 'é', '\ue000', '￿', '😀']);
    expectOrder('TIMESTAMP', [
      '-000044-03-15T00:00:00Z',
      '2001-01-01T00:00:00Z',
      '2001-01-01T00:00:00.500000Z',
      '2001-01-01T00:00:01Z',
      '+010000-01-01T00:00:00Z',
      'infinity',
    ]);
    expectOrder('TIMESTAMP WITH TIME ZONE', ['2001-01-01T00:00:00Z', '2001-01-01T00:00:01Z']);
    expectOrder('DATE', ['1999-12-31', '2000-01-01', '+010000-01-01']);
    expectOrder('DATE', ['5877642-06-24 (BC)', '0044-03-15 (BC)', '0043-01-01 (BC)', '0001-01-01']);
    expectOrder('DATE', ['9999-12-31', '10000-01-01', '290000-01-01', '5881580-07-11', 'infinity', 'odd']);
    expectOrder('TIME', ['00:00:00', '00:00:00.000001', '12:00:00', '23:59:59']);
    expectOrder('INTERVAL', [
      '-1 days',
      '00:00:01',
      '1 day',
      '29 days',
      '1 month',
      '1 month 1 day 00:00:01',
      '1 year',
    ]);
    expectOrder('UUID', ['00000000-0000-0000-0000-000000000000', 'a0000000-0000-0000-0000-000000000000']);
    expectOrder('INTEGER[]', [[], [1], [1, 2], [1, null], [2]]);
    expectOrder('STRUCT(a INTEGER, "b c" VARCHAR)', [
      { a: 1, 'b c': 'x' },
      { a: 1, 'b c': null },
      { a: 2, 'b c': 'a' },
    ]);
    expectOrder('MAP(VARCHAR, INTEGER)', [[], [['a', 1]], [['a', 2]], [['b', 1]]]);
  });

  it('knows decimals in other spellings than DuckDB prints', () => {
    expect(compareValues('DECIMAL(18,2)', '12.5', '12.50')).toBe(0);
    expect(compareValues('DECIMAL(18,2)', '012.50', '9.99')).toBeGreaterThan(0);
    expect(compareValues('DECIMAL(18,2)', 12.5, '12.49')).toBeGreaterThan(0);
  });

  it('compares big integers like BigInt', () => {
    const integer = fc.bigInt({ min: -(2n ** 127n), max: 2n ** 127n });
    const json = (n: bigint) => (Number.isSafeInteger(Number(n)) ? Number(n) : String(n));
    fc.assert(
      fc.property(
        integer,
        integer,
        (a, b) => Math.sign(compareValues('HUGEINT', json(a), json(b))) === (a < b ? -1 : a > b ? 1 : 0),
      ),
    );
  });

  it('is a total order on the values of a type and on nulls, which stand last', () => {
    const double = fc.double().map(encodeDouble);
    const cases = fc.oneof(
      fc.tuple(
        fc.constant('VARCHAR'),
        fc.array(fc.option(fc.string({ unit: 'binary', maxLength: 2 })), { minLength: 3, maxLength: 3 }),
      ),
      fc.tuple(fc.constant('DOUBLE'), fc.array(fc.option(double), { minLength: 3, maxLength: 3 })),
      fc.tuple(
        fc.constant('DOUBLE[]'),
        fc.array(fc.option(fc.array(fc.option(double), { maxLength: 2 })), { minLength: 3, maxLength: 3 }),
      ),
      // Whatever is carried as text, and texts that are not what their type says.
      fc.tuple(
        fc.constantFrom('JSON', 'TIMESTAMP', 'DECIMAL(9,2)'),
        fc.array(fc.string({ unit: fc.constantFrom('1', '9', '0', '.', '-', 'x', '!'), maxLength: 3 }), {
          minLength: 3,
          maxLength: 3,
        }),
      ),
    );
    fc.assert(
      fc.property(cases, ([type, values]) => {
        const compare = comparatorOf(type);
        const [a, b, c] = values as readonly Value[] as [Value, Value, Value];
        const reflexive = compare(a, a) === 0;
        const antisymmetric = Math.sign(compare(a, b)) + Math.sign(compare(b, a)) === 0;
        const transitive = compare(a, b) > 0 || compare(b, c) > 0 || compare(a, c) <= 0;
        return reflexive && antisymmetric && transitive && (a === null || compare(a, null) < 0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('compareText', () => {
  it('orders by the bytes of UTF-8', () => {
    const string = fc.string({ unit: 'binary', maxLength: 4 });
    fc.assert(
      fc.property(
        string,
        string,
        (a, b) => Math.sign(compareText(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b)),
      ),
      { numRuns: 1000 },
    );
  });
});

describe('encodeDouble', () => {
  it('gives JSON that says the same', () => {
    expect([NaN, Infinity, -Infinity, 1.5].map(encodeDouble)).toEqual(['NaN', 'Infinity', '-Infinity', 1.5]);
    expect(Object.is(encodeDouble(-0), 0)).toBe(true);
  });
});

describe('toAnswer', () => {
  it('shows decimals as numbers where 15 digits are enough, else as they are', () => {
    expect(toAnswer('DECIMAL(18,2)', '12.50')).toBe(12.5);
    expect(toAnswer('DECIMAL(18,2)', '-0.01')).toBe(-0.01);
    expect(toAnswer('DECIMAL(18,2)', '0.00')).toBe(0);
    expect(toAnswer('DECIMAL(38,2)', '9999999999999.99')).toBe(9999999999999.99);
    expect(toAnswer('DECIMAL(38,2)', '10000000000000.01')).toBe('10000000000000.01');
    expect(toAnswer('DECIMAL(38,0)', '100000000000000000000')).toBe('100000000000000000000');
    expect(toAnswer('DECIMAL(18,2)', null)).toBeNull();
  });

  it('shows nested values, and maps as objects where their keys are text', () => {
    expect(toAnswer('DECIMAL(9,2)[]', ['1.50', null])).toEqual([1.5, null]);
    expect(
      toAnswer('STRUCT("x, y" DECIMAL(9,2), l MAP(VARCHAR, DECIMAL(9,1))[])', {
        'x, y': '1.50',
        l: [[['a', '0.5']]],
      }),
    ).toEqual({
      'x, y': 1.5,
      l: [{ a: 0.5 }],
    });
    expect(
      toAnswer('MAP(VARCHAR, BIGINT)', [
        ['a', 1],
        ['b', 2],
      ]),
    ).toEqual({ a: 1, b: 2 });
    expect(toAnswer('MAP(DATE, BIGINT)', [['2001-01-01', 1]])).toEqual({ '2001-01-01': 1 });
    expect(
      toAnswer('MAP(INTEGER, BIGINT)', [
        [1, 10],
        [2, 20],
      ]),
    ).toEqual([
      [1, 10],
      [2, 20],
    ]);
  });

  it('makes no prototype of a key', () => {
    const shown = toAnswer('MAP(VARCHAR, BIGINT)', [['__proto__', 1]]);
    expect(JSON.stringify(shown)).toBe('{"__proto__":1}');
    expect(Object.getPrototypeOf(shown)).toBe(Object.prototype);
  });

  it('leaves everything else alone', () => {
    for (const [type, value] of [
      ['VARCHAR', 'x'],
      ['HUGEINT', '123456789012345678901'],
      ['DOUBLE', 'NaN'],
      ['JSON', '{"a":1}'],
      ['BOOLEAN', true],
    ] as const)
      expect(toAnswer(type, value)).toBe(value);
  });
});

describe('shapeOf', () => {
  it('reads nested type names with quotes, commas and parentheses', () => {
    expect(shapeOf('STRUCT("a ""b"", (c)" DECIMAL(9, 2), d MAP(VARCHAR, INTEGER[]))[]')).toEqual({
      kind: 'list',
      item: {
        kind: 'struct',
        fields: [
          ['a "b", (c)', { kind: 'decimal', scale: 2 }],
          ['d', { kind: 'map', key: { kind: 'text' }, value: { kind: 'list', item: { kind: 'integer' } } }],
        ],
      },
    });
    expect(shapeOf('FLOAT[3]')).toEqual({ kind: 'list', item: { kind: 'double' } });
    expect(shapeOf("ENUM('a', 'b')")).toEqual({ kind: 'text' });
  });
});
