import * as fc from 'fast-check';
import type { PlanMeasure } from '../plan';
import type { Value } from '../sql-value';
import { encodeInteger } from '../integers';
import { nearestDouble } from '../rational';
import { doubleSquares, doubleSum } from '../states/double-sum';
import { countsState } from '../states/counts';
import { ddsketch, ddsketchBucket } from '../states/ddsketch';
import { distinctState } from '../states/distinct';
import { hllOfTexts } from '../states/hyperloglog';
import type { State, StateSpec } from '../states/spec';
import { finalizeMeasure } from '.';

/** A measure that reads all the states given. */
function finalize(
  fn: string,
  type: string,
  states: readonly (readonly [StateSpec, State])[],
  params?: PlanMeasure['params'],
) {
  const measure: PlanMeasure = {
    fn,
    type,
    states: states.map((_, index) => index),
    ...(params && { params }),
  };
  return finalizeMeasure(
    measure,
    states.map(([spec]) => spec),
    states.map(([, state]) => state),
  );
}

const exact = (value: Value) => ({ value, approximate: false });
const count = (n: number) => [{ kind: 'count' }, n] as const;
const decimal = (scale: number, unscaled: bigint) =>
  [{ kind: 'sum', type: scale === 0 ? 'HUGEINT' : `DECIMAL(38,${scale})` }, encodeInteger(unscaled)] as const;
const double = (values: readonly number[]) => [{ kind: 'sum_double' }, doubleSum([], values)] as const;
const NONE: Record<string, readonly [StateSpec, State]> = {
  count: [{ kind: 'count' }, null],
  sum: [{ kind: 'sum', type: 'HUGEINT' }, null],
};

describe('totals', () => {
  it('count nothing as 0, and sum nothing to NULL', () => {
    expect(finalize('count', 'BIGINT', [NONE['count']!])).toEqual(exact(0));
    expect(finalize('count', 'BIGINT', [count(3)])).toEqual(exact(3));
    expect(finalize('sum', 'HUGEINT', [NONE['sum']!])).toEqual(exact(null));
    expect(finalize('avg', 'DOUBLE', [NONE['sum']!, NONE['count']!])).toEqual(exact(null));
    expect(finalize('avg', 'DOUBLE', [NONE['sum']!, count(0)])).toEqual(exact(null));
  });

  it('keep every digit of integers and decimals', () => {
    expect(finalize('sum', 'HUGEINT', [decimal(0, 2n ** 100n)])).toEqual(exact(String(2n ** 100n)));
    expect(finalize('sum', 'HUGEINT', [decimal(0, -5n)])).toEqual(exact(-5));
    expect(finalize('sum', 'DECIMAL(38,2)', [decimal(2, -1205n)])).toEqual(exact('-12.05'));
  });

  it('average with one rounding', () => {
    expect(finalize('avg', 'DOUBLE', [decimal(0, 10n), count(4)])).toEqual(exact(2.5));
    expect(finalize('avg', 'DOUBLE', [decimal(2, 100n), count(3)])).toEqual(exact(1 / 3));
    expect(finalize('avg', 'DOUBLE', [double([1.7e308, 1.7e308]), count(2)])).toEqual(exact(1.7e308));
    expect(finalize('avg', 'DOUBLE', [double([1, NaN]), count(2)])).toEqual(exact('NaN'));
  });

  it('average to the nearest double of the exact fraction, beside 2^53 and beyond', () => {
    const large = fc.oneof(fc.maxSafeInteger().map(BigInt), fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }));
    const times = fc.integer({ min: 1, max: 2 ** 53 - 1 });
    fc.assert(
      fc.property(large, times, fc.integer({ min: 0, max: 18 }), (sum, n, scale) => {
        const { value } = finalize('avg', 'DOUBLE', [decimal(scale, sum), count(n)]);
        expect(value).toBe(nearestDouble(sum, BigInt(n) * 10n ** BigInt(scale)));
      }),
    );
  });
});

const short = fc.integer({ min: -(2 ** 24), max: 2 ** 24 }).chain((n) => fc.constantFrom(n, n / 4));

describe('moments', () => {
  const samples = (values: readonly number[]) => [
    double(values),
    [{ kind: 'sum_double' }, doubleSquares([], values)] as const,
    count(values.length),
  ];

  it('agree with two passes over the values', () => {
    fc.assert(
      fc.property(fc.array(short, { minLength: 2, maxLength: 30 }), (values) => {
        const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
        const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
        for (const [fn, expected] of [
          ['var_pop', squares / values.length],
          ['var_samp', squares / (values.length - 1)],
          ['stddev_pop', Math.sqrt(squares / values.length)],
          ['stddev_samp', Math.sqrt(squares / (values.length - 1))],
        ] as const) {
          const { value } = finalize(fn, 'DOUBLE', samples(values));
          expect(Math.abs((value as number) - expected)).toBeLessThanOrEqual(expected * 1e-12);
        }
      }),
    );
  });

  it('lose nothing to a large mean, given exact squares', () => {
    const large = [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16].map(BigInt);
    const states = [
      decimal(
        0,
        large.reduce((a, b) => a + b),
      ),
      decimal(
        0,
        large.map((x) => x * x).reduce((a, b) => a + b),
      ),
      count(4),
    ];
    expect(finalize('var_samp', 'DOUBLE', states)).toEqual(exact(30));
  });

  it('read decimals at scale s and their squares at 2s', () => {
    // 0.1, 0.2, 0.4
    expect(finalize('var_pop', 'DOUBLE', [decimal(1, 7n), decimal(2, 21n), count(3)])).toEqual(
      exact(14 / 900),
    );
  });

  it('need one value, or two', () => {
    for (const fn of ['var_pop', 'stddev_pop']) {
      expect(finalize(fn, 'DOUBLE', samples([])).value).toBeNull();
      expect(finalize(fn, 'DOUBLE', samples([5.3])).value).toBe(0);
    }
    for (const fn of ['var_samp', 'stddev_samp']) {
      expect(finalize(fn, 'DOUBLE', samples([5.3])).value).toBeNull();
      expect(finalize(fn, 'DOUBLE', samples([0.1, 0.1, 0.1])).value).toBe(0);
    }
  });

  it('agree with two passes in exact arithmetic, to the last bit, at any mean', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 20 }),
        fc.constantFrom(0, 1e9, 2 ** 51),
        (offsets, mean) => {
          // n² · var, from whole numbers.
          const n = BigInt(offsets.length);
          const total = offsets.reduce((sum, x) => sum + BigInt(x), 0n);
          const scaled = offsets.reduce((sum, x) => sum + (n * BigInt(x) - total) ** 2n, 0n);
          const values = offsets.map((x) => mean + x);
          expect(finalize('var_pop', 'DOUBLE', samples(values)).value).toBe(nearestDouble(scaled, n * n * n));
        },
      ),
    );
  });

  it('are never negative, even if squares were rounded, and NaN where the values are not finite', () => {
    const rounded = [double([0.1, 0.1, 0.1]), double(Array<number>(3).fill(0.1 * 0.1 - 1e-17)), count(3)];
    expect(finalize('var_pop', 'DOUBLE', rounded).value).toBe(0);
    expect(finalize('var_pop', 'DOUBLE', samples([1, -Infinity])).value).toBe('NaN');
    expect(finalize('var_pop', 'DOUBLE', samples([1, NaN])).value).toBe('NaN');
  });
});

describe('picks', () => {
  it('give the value itself, and the value beside the key', () => {
    expect(finalize('min', 'VARCHAR', [[{ kind: 'min', type: 'VARCHAR' }, 'a']])).toEqual(exact('a'));
    const spec = { kind: 'arg_max', by: 'TIMESTAMP', type: 'BIGINT' } as const;
    expect(finalize('arg_max', 'BIGINT', [[spec, ['2001-01-01T00:00:00Z', 7]]])).toEqual(exact(7));
    expect(finalize('arg_max', 'BIGINT', [[spec, null]])).toEqual(exact(null));
  });
});

describe('distinct counts', () => {
  const spec = { kind: 'distinct', type: 'VARCHAR', bound: 10 } as const;
  const values = (n: number) => Array.from({ length: n }, (_, index) => `v${index}`);

  it('are exact up to the bound, and say so where they no longer are', () => {
    expect(finalize('count_distinct', 'BIGINT', [[spec, null]])).toEqual(exact(0));
    expect(finalize('count_distinct', 'BIGINT', [[spec, distinctState(spec, values(10))]])).toEqual(
      exact(10),
    );
    const { value, approximate } = finalize('count_distinct', 'BIGINT', [
      [spec, distinctState(spec, values(1000))],
    ]);
    expect(approximate).toBe(true);
    expect(Math.abs((value as number) - 1000)).toBeLessThan(40);
  });

  it('make no fuss about being approximate where that was asked', () => {
    const hll = { kind: 'hll', precision: 12 } as const;
    expect(finalize('approx_count_distinct', 'BIGINT', [[hll, null]])).toEqual(exact(0));
    const { value, approximate } = finalize('approx_count_distinct', 'BIGINT', [
      [hll, hllOfTexts(12, values(1000))],
    ]);
    expect(approximate).toBe(false);
    expect(Math.abs((value as number) - 1000)).toBeLessThan(65);
  });
});

describe('quantiles', () => {
  const spec = { kind: 'ddsketch', alpha: 0.01 } as const;
  const state = ddsketch(
    0,
    Array.from({ length: 1000 }, (_, index) => [ddsketchBucket(0.01, index + 1), 1] as const),
    [],
  );
  const quantile = (type: string, q: Value) => finalize('quantile', type, [[spec, state]], { q }).value;

  it('come in the type of the measure, one or a list', () => {
    expect(Math.abs((quantile('DOUBLE', 0.9) as number) - 900)).toBeLessThan(9.1);
    expect(Number.isInteger(quantile('BIGINT', 0.5))).toBe(true);
    expect(quantile('DECIMAL(9,2)', 0.5)).toMatch(/^\d{3}\.\d\d$/);
    expect((quantile('BIGINT[]', [0, 0.5, 1]) as number[]).map((one) => Math.round(one / 100))).toEqual([
      0, 5, 10,
    ]);
    expect(finalize('quantile', 'BIGINT', [[spec, null]], { q: 0.5 })).toEqual(exact(null));
    expect(finalize('quantile', 'BIGINT[]', [[spec, null]], { q: [0.5] })).toEqual(exact(null));
  });
});

describe('frequencies', () => {
  const spec = { kind: 'counts', type: 'VARCHAR', bound: 4 } as const;
  const state = countsState(spec, [
    ['d', 1],
    ['b', 5],
    ['a', 2],
    ['c', 5],
  ]);

  it('list, rank and pick by count, ties by value', () => {
    expect(finalize('histogram', 'MAP(VARCHAR, UBIGINT)', [[spec, state]])).toEqual(
      exact([
        ['a', 2],
        ['b', 5],
        ['c', 5],
        ['d', 1],
      ]),
    );
    expect(finalize('mode', 'VARCHAR', [[spec, state]])).toEqual(exact('b'));
    expect(finalize('top_k', 'VARCHAR[]', [[spec, state]], { k: 3 })).toEqual(exact(['b', 'c', 'a']));
    expect(finalize('mode', 'VARCHAR', [[spec, null]])).toEqual(exact(null));
  });

  it('are no number, rather than a wrong one, above the bound', () => {
    const over = countsState(
      spec,
      ['a', 'b', 'c', 'd', 'e'].map((value) => [value, 1]),
    );
    for (const fn of ['histogram', 'mode', 'top_k'])
      expect(finalize(fn, 'VARCHAR', [[spec, over]], { k: 1 })).toEqual({ value: null, approximate: true });
  });
});

describe('finalizeMeasure', () => {
  it('reads only its own states, by their place in the plan', () => {
    const specs: StateSpec[] = [{ kind: 'count' }, { kind: 'sum', type: 'HUGEINT' }, { kind: 'count' }];
    expect(finalizeMeasure({ fn: 'avg', states: [1, 2], type: 'DOUBLE' }, specs, [99, 10, 4])).toEqual(
      exact(2.5),
    );
  });

  it('refuses a measure that it does not know', () => {
    expect(() => finalize('median', 'DOUBLE', [])).toThrow('Unknown measure: median');
  });
});
