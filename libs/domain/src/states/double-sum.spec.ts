import * as fc from 'fast-check';
import { finalizeMeasure } from '../finalize';
import { nearestDouble } from '../rational';
import { mergeState } from '.';
import { doubleSum } from './double-sum';
import type { State } from './spec';

const spec = { kind: 'sum_double' } as const;
const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0.1, 0.2, -0.3, 1e308, -1e308, 5e-324, -0, Number.MAX_VALUE, 2 ** 53, 2 ** 53 + 2),
  fc.integer({ min: -1000, max: 1000 }),
);
const value = (state: State) =>
  finalizeMeasure({ fn: 'sum', states: [0], type: 'DOUBLE' }, [spec], [state]).value;

/** The sum in units of 2^-1074, of which every finite double is a whole number. */
function reference(values: readonly number[]): bigint {
  const units = (one: number): bigint => {
    let [rest, shift] = [one, 1074];
    while (!Number.isInteger(rest)) {
      rest *= 2;
      shift -= 1;
    }
    return BigInt(rest) << BigInt(shift);
  };
  return values.reduce((sum, one) => sum + units(one), 0n);
}

describe('sum_double', () => {
  it('is the exact sum of the values, rounded once', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), (values) => {
        const expected = nearestDouble(reference(values), 1n << 1074n);
        expect(value(doubleSum([], values))).toBe(Number.isFinite(expected) ? expected : String(expected));
      }),
      { numRuns: 300 },
    );
  });

  it('holds what cancels on the way, also beyond the largest double', () => {
    expect(value(doubleSum([], [1e308, 1e308, -1e308, -1e308, 0.1]))).toBe(0.1);
    expect(value(doubleSum([], Array<number>(10).fill(0.1)))).toBe(1);
    expect(value(doubleSum([], [Number.MAX_VALUE, Number.MAX_VALUE]))).toBe('Infinity');
    expect(value(doubleSum([], [1e16, 1, -1e16]))).toBe(1);
  });

  it('takes lanes of integers at a power of two as the sum that they are', () => {
    const lanes = fc.array(
      fc.record({
        exponent: fc.integer({ min: -1074, max: 900 }),
        sum: fc.bigInt({ min: -(2n ** 120n), max: 2n ** 120n }),
      }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(lanes, fc.array(finite, { maxLength: 3 }), (some, rest) => {
        fc.pre(some.length + rest.length > 0);
        const total = some.reduce(
          (sum, lane) => sum + (lane.sum << BigInt(lane.exponent + 1074)),
          reference(rest),
        );
        const expected = nearestDouble(total, 1n << 1074n);
        const state = doubleSum(some, rest);
        expect(value(state)).toBe(Number.isFinite(expected) ? expected : String(expected));
        // The form depends on the sum alone, so it is that of the same units in one lane.
        expect(state).toEqual(doubleSum([{ exponent: -1074, sum: total }], []));
      }),
      { numRuns: 300 },
    );
  });

  it('follows IEEE 754 where NaN or infinities occur', () => {
    expect(value(doubleSum([], [1, NaN]))).toBe('NaN');
    expect(value(doubleSum([], [1, Infinity, 5]))).toBe('Infinity');
    expect(value(doubleSum([], [-Infinity]))).toBe('-Infinity');
    expect(value(mergeState(spec, doubleSum([], [Infinity]), doubleSum([], [-Infinity])))).toBe('NaN');
  });

  it('is a zero and not a NULL for a sum of zeros', () => {
    expect(doubleSum([], [0, -0])).toEqual([0, 0]);
    expect(value(doubleSum([], [1, -1]))).toBe(0);
    expect(value(null)).toBeNull();
    expect(doubleSum([], [])).toBeNull();
  });
});
