import * as fc from 'fast-check';
import { mergeState } from '.';
import {
  ddsketch,
  ddsketchBucket,
  ddsketchCount,
  ddsketchQuantile,
  nearestRank,
  ddsketchValue,
  type SketchState,
} from './ddsketch';
import { DISTINCT_PRECISION, distinctState, type DistinctState } from './distinct';
import { estimateCardinality, hllFromRegisters, hllOfTexts, mergeRegisters } from './hyperloglog';
import type { State } from './spec';

const texts = (count: number, seed: string) =>
  Array.from({ length: count }, (_, index) => `${seed}-${index}`);

describe('HyperLogLog', () => {
  it.each([
    [12, [0, 1, 10, 100, 1000, 2500, 10_000, 50_000]],
    [14, [10, 20_000, 50_000]],
  ] as const)('estimates within its standard error at precision %d', (precision, sizes) => {
    const error = 1.04 / Math.sqrt(2 ** precision);
    for (const size of sizes) {
      const runs = size > 5000 ? 5 : 20;
      const errors = Array.from(
        { length: runs },
        (_, run) =>
          estimateCardinality(precision, hllOfTexts(precision, texts(size, `run${run}`))) / (size || 1) -
          Math.sign(size),
      );
      const rms = Math.sqrt(errors.reduce((sum, one) => sum + one * one, 0) / runs);
      // The seeds are fixed; 1.7 leaves room for the luck of so few runs.
      expect([size, rms < 1.7 * error]).toEqual([size, true]);
      // A single pair of few values that share a register is nothing unusual.
      expect([size, Math.max(...errors.map(Math.abs)) < Math.max(4 * error, 1.01 / size)]).toEqual([
        size,
        true,
      ]);
      const bias = errors.reduce((sum, one) => sum + one, 0) / runs;
      expect([size, Math.abs(bias) < (4 * error) / Math.sqrt(runs)]).toEqual([size, true]);
    }
  });

  it('has one state for one set of registers, sparse or dense, whichever way it came about', () => {
    const pairs = fc.array(fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 57 })), { maxLength: 200 });
    fc.assert(
      fc.property(pairs, pairs, (a, b) => {
        fc.pre(a.length > 0 && b.length > 0);
        const together = hllFromRegisters(8, [...a, ...b])!;
        expect(mergeRegisters(8, hllFromRegisters(8, a)!, hllFromRegisters(8, b)!)).toBe(together);
        const set = new Set([...a, ...b].map(([index]) => index)).size;
        expect(together[0]).toBe(set * 4 <= 256 ? 's' : 'd');
        expect(together).toHaveLength(set * 4 <= 256 ? 1 + 3 * set : 257);
      }),
      { numRuns: 300 },
    );
  });

  it('gives a state back as it is where nothing is added', () => {
    const dense = hllOfTexts(12, texts(50_000, 'x'));
    expect(mergeRegisters(12, dense, hllOfTexts(12, texts(10, 'x')))).toBe(dense);
    expect(
      estimateCardinality(12, mergeRegisters(12, dense, hllOfTexts(12, texts(100_000, 'x')))),
    ).toBeCloseTo(estimateCardinality(12, hllOfTexts(12, texts(100_000, 'x'))));
  });
});

describe('distinct', () => {
  const spec = { kind: 'distinct', type: 'VARCHAR', bound: 100 } as const;

  it('is exact up to its bound and turns into registers of the same values above', () => {
    const values = texts(101, 'v');
    const at = distinctState(spec, values.slice(0, 100)) as DistinctState;
    expect(at).toEqual({ s: values.slice(0, 100).sort() });
    const above = mergeState(spec, at as State, distinctState(spec, [values[100]!]));
    expect(above).toEqual({ h: hllOfTexts(DISTINCT_PRECISION, values) });
    expect(above).toEqual(distinctState(spec, values));
  });

  it('is associative across the bound, wherever it is passed', () => {
    const part = fc
      .uniqueArray(fc.nat(180).map(String), { maxLength: 90 })
      .map((values) => distinctState(spec, values));
    fc.assert(
      fc.property(part, part, part, (a, b, c) => {
        const left = mergeState(spec, mergeState(spec, a, b), c);
        expect(mergeState(spec, a, mergeState(spec, b, c))).toEqual(left);
        expect(mergeState(spec, mergeState(spec, c, a), b)).toEqual(left);
      }),
    );
  });

  it('sorts by the type, and leaves nulls out', () => {
    expect(distinctState({ ...spec, type: 'BIGINT' }, [10, '9007199254740993', 9, null, 10])).toEqual({
      s: [9, 10, '9007199254740993'],
    });
    expect(distinctState({ ...spec, type: 'DOUBLE' }, ['NaN', 0, -0, 'Infinity'])).toEqual({
      s: [0, 'Infinity', 'NaN'],
    });
    expect(distinctState(spec, [null])).toBeNull();
  });
});

describe('DDSketch', () => {
  const alpha = 0.01;
  const of = (values: readonly number[]) => {
    const buckets = (list: readonly number[]) =>
      list.map((value) => [ddsketchBucket(alpha, value), 1] as const);
    return ddsketch(
      values.filter((value) => value === 0).length,
      buckets(values.filter((value) => value > 0)),
      buckets(values.filter((value) => value < 0).map((value) => -value)),
    ) as unknown as SketchState;
  };

  it('stands for each number within alpha, the largest too', () => {
    const double = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(fc.oneof(double(1e-300, 1e300), double(1e307, Number.MAX_VALUE)), (value) => {
        const shown = ddsketchValue(alpha, ddsketchBucket(alpha, value));
        expect(Math.abs(shown - value)).toBeLessThanOrEqual(value * alpha * (1 + 1e-9));
      }),
      { numRuns: 1000 },
    );
  });

  it('finds each quantile within alpha of the value at its rank', () => {
    const numbers = fc.array(
      fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.double({ min: -1e6, max: 1e6, noNaN: true })),
      { minLength: 1, maxLength: 50 },
    );
    fc.assert(
      fc.property(
        numbers.map((list) => list.map((n) => (Math.abs(n) < 1e-300 ? 0 : n))),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const sorted = [...values].sort((a, b) => a - b);
          const exact = sorted[nearestRank(q, values.length) - 1]!;
          const sketch = of(values);
          expect(ddsketchCount(sketch)).toBe(values.length);
          expect(Math.abs(ddsketchQuantile(alpha, sketch, q)! - exact)).toBeLessThanOrEqual(
            Math.abs(exact) * alpha * (1 + 1e-9),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('has the smallest and the largest value at 0 and 1, and nothing for no values', () => {
    const sketch = of([-100, -1, 0, 1, 100]);
    expect(ddsketchQuantile(alpha, sketch, 0)).toBeCloseTo(-100, -1);
    expect(ddsketchQuantile(alpha, sketch, 0.5)).toBe(0);
    expect(ddsketchQuantile(alpha, sketch, 1)).toBeCloseTo(100, -1);
    expect(ddsketchQuantile(alpha, { z: 0, p: [], n: [] }, 0.5)).toBeNull();
  });
});
