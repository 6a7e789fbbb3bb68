/** Exact fractions of big integers, rounded once, at the very end. */

export interface Rational {
  readonly num: bigint;
  /** Above 0. */
  readonly den: bigint;
}

/** mantissa · 2^exponent */
export function dyadic(mantissa: bigint, exponent: number): Rational {
  return exponent >= 0
    ? { num: mantissa << BigInt(exponent), den: 1n }
    : { num: mantissa, den: 1n << BigInt(-exponent) };
}

/** The double nearest to num / den, ties to even; ±Infinity beyond the largest double. `den` may be negative, not 0. */
export function nearestDouble(num: bigint, den: bigint): number {
  if (num === 0n) return 0;
  if (num < 0n !== den < 0n) return -nearestPositive(abs(num), abs(den));
  return nearestPositive(abs(num), abs(den));
}

const abs = (value: bigint) => (value < 0n ? -value : value);

function nearestPositive(num: bigint, den: bigint): number {
  // A quotient of 60 to 70 bits; a sticky last bit makes the conversion to double round it correctly.
  const shift = 66 - (bits(num) - bits(den));
  const quotient = scaledQuotient(num, den, shift);
  if (bits(quotient) - shift > 1026) return Infinity;
  if (bits(quotient) - shift > -1020) {
    // In two steps, since 2^-shift alone may be beyond a double.
    const half = Math.trunc(-shift / 2);
    return Number(quotient) * 2 ** half * 2 ** (-shift - half);
  }
  // Near the subnormal numbers a double is a multiple of 2^-1074.
  const whole = (num << 1074n) / den;
  const twiceRest = ((num << 1074n) % den) * 2n;
  const up = twiceRest > den || (twiceRest === den && (whole & 1n) === 1n);
  return Number(up ? whole + 1n : whole) * Number.MIN_VALUE;
}

/** floor(num · 2^shift / den), its last bit set if anything was cut off. */
function scaledQuotient(num: bigint, den: bigint, shift: number): bigint {
  const [n, d] = shift >= 0 ? [num << BigInt(shift), den] : [num, den << BigInt(-shift)];
  const quotient = n / d;
  return n % d === 0n ? quotient : quotient | 1n;
}

/** The number of bits, up to 3 too many. */
const bits = (value: bigint) => value.toString(16).length * 4;
