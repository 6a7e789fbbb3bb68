import * as fc from 'fast-check';
import { dyadic, nearestDouble } from './rational';

const double = fc.double({ noNaN: true, noDefaultInfinity: true });

/** A double as an exact fraction, by halving and doubling. */
function fractionOf(value: number): { num: bigint; den: bigint } {
  let [rest, den] = [value, 1n];
  while (!Number.isInteger(rest)) {
    // Exact below 2^53; a subnormal is scaled up at once.
    rest *= 2;
    den *= 2n;
  }
  return { num: BigInt(rest), den };
}

describe('nearestDouble', () => {
  it('gives every double back', () => {
    fc.assert(
      fc.property(double, fc.bigInt({ min: 1n, max: 2n ** 80n }), (value, factor) => {
        const { num, den } = fractionOf(value);
        expect(nearestDouble(num * factor, den * factor)).toBe(value + 0);
        expect(nearestDouble(num * factor, -den * factor)).toBe(0 - value);
      }),
      { numRuns: 500 },
    );
  });

  it('is as near as no neighbour, and even on ties', () => {
    const integer = fc.bigInt({ min: 1n, max: 2n ** 200n });
    const bits = new Float64Array(1);
    const words = new BigInt64Array(bits.buffer);
    const neighbour = (value: number, by: bigint) => {
      bits[0] = value;
      words[0]! += by;
      return bits[0]!;
    };
    fc.assert(
      fc.property(integer, integer, fc.integer({ min: -1200, max: 900 }), (n, d, exponent) => {
        const { num, den } =
          exponent >= 0 ? { num: n << BigInt(exponent), den: d } : { num: n, den: d << BigInt(-exponent) };
        const value = nearestDouble(num, den);
        fc.pre(value !== Infinity);
        const distance = (to: number) => {
          const f = fractionOf(to);
          const difference = num * f.den - f.num * den;
          return { up: difference < 0n ? -difference : difference, down: f.den };
        };
        const mine = distance(value);
        for (const other of value === 0
          ? [Number.MIN_VALUE]
          : [neighbour(value, 1n), neighbour(value, -1n)]) {
          if (!Number.isFinite(other)) continue;
          const its = distance(other);
          expect(mine.up * its.down <= its.up * mine.down).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(nearestDouble(2n ** 53n + 1n, 1n)).toBe(2 ** 53);
    expect(nearestDouble(2n ** 53n + 3n, 1n)).toBe(2 ** 53 + 4);
    expect(nearestDouble(1n, 2n ** 1075n)).toBe(0);
    expect(nearestDouble(3n, 2n ** 1075n)).toBe(2 * Number.MIN_VALUE);
    expect(nearestDouble((1n << 2000n) + 1n, 3n << 2000n)).toBe(1 / 3);
  });

  it('is infinite from half a step above the largest double on', () => {
    const largest = BigInt(Number.MAX_VALUE);
    const half = (2n ** 970n / 2n) * 2n;
    expect(nearestDouble(largest + half - 1n, 1n)).toBe(Number.MAX_VALUE);
    expect(nearestDouble(largest + half, 1n)).toBe(Infinity);
    expect(nearestDouble(-(10n ** 400n), 1n)).toBe(-Infinity);
  });
});

describe('dyadic', () => {
  it('is mantissa times two to the exponent', () => {
    expect(dyadic(3n, 4)).toEqual({ num: 48n, den: 1n });
    expect(dyadic(-3n, -4)).toEqual({ num: -3n, den: 16n });
  });
});
