/** Sums of doubles without rounding, for the oracle: every double is an integer times 2^-1074. */

const view = new DataView(new ArrayBuffer(8));

/** The double as a multiple of 2^-1074. */
function scaled(value: number): bigint {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | 0x10000000000000n) << (exponent - 1n);
  return bits >> 63n === 1n ? -size : size;
}

/** The double nearest to `numerator / divisor · 2^-1074`, ties to even. */
function nearest(numerator: bigint, divisor: bigint): number {
  if (numerator < 0n) return -nearest(-numerator, divisor);
  if (numerator === 0n) return 0;
  // 80 more bits than needed decide every tie that such sums can come near to, the rest is kept as a last bit.
  const wide = numerator << 80n;
  let quotient = wide / divisor;
  if (wide % divisor !== 0n) quotient |= 1n;
  const surplus = Math.max(0, quotient.toString(2).length - 53);
  const unit = 1n << BigInt(surplus);
  const rest = quotient % unit;
  let mantissa = quotient / unit;
  if (rest * 2n > unit || (rest * 2n === unit && mantissa % 2n === 1n)) mantissa += 1n;
  const exponent = surplus - 1074 - 80;
  const half = Math.trunc(exponent / 2);
  return Number(mantissa) * 2 ** half * 2 ** (exponent - half);
}

/** Σ values, rounded once. */
export function exactSum(values: readonly number[]): number {
  return nearest(
    values.reduce((sum, value) => sum + scaled(value), 0n),
    1n,
  );
}

/** Σ values / count, rounded once. */
export function exactMean(values: readonly number[]): number {
  return nearest(
    values.reduce((sum, value) => sum + scaled(value), 0n),
    BigInt(values.length),
  );
}
