/**
 * Exact sums of doubles. A finite double is m · 2^e with integers m and e, so a sum of them is too, and adding such
 * numbers as integers rounds nothing: no order of events or grouping into batches can change the sum.
 *
 * The state is `[m, e]` with m odd (or `[0, 0]`), and where NaN or infinities occurred `[m, e, NaNs, +Infinities,
 * -Infinities]`. m is a safe JSON integer, else a decimal string.
 */
import { encodeInteger, type JsonInteger } from '../integers';
import type { SpecOf, StateKind } from './kind';
import type { State } from './spec';

export type DoubleSum =
  | readonly [mantissa: JsonInteger, exponent: number]
  | readonly [mantissa: JsonInteger, exponent: number, nan: number, infinity: number, minusInfinity: number];

export const doubleSumKind: StateKind<SpecOf<'sum_double'>> = {
  merge: (_spec, a, b) => addDoubleSums(a as DoubleSum, b as DoubleSum),
};

/**
 * The state of Σ sum · 2^exponent over the lanes + Σ rest, exact. Engines add up the bulk as integers in lanes and hand
 * over what fits in none (huge, tiny, NaN, infinite) one by one.
 *
 * @returns null, the identity, if there are neither lanes nor rest
 */
export function doubleSum(
  lanes: readonly { readonly exponent: number; readonly sum: bigint }[],
  rest: readonly number[],
): State {
  let total: DoubleSum | null = null;
  const add = (part: DoubleSum) => {
    total = total === null ? part : addDoubleSums(total, part);
  };
  for (const { exponent, sum } of lanes) add(normalize(sum, exponent));
  for (const value of rest) add(ofDouble(value));
  return total;
}

/**
 * As `doubleSum`, but of the squares of `rest`, exact too: rounding each square would leave a variance with an error that
 * grows with the mean, and constant values with one that is not 0.
 *
 * @param lanes of squares, e.g. of products of integer parts
 */
export function doubleSquares(
  lanes: readonly { readonly exponent: number; readonly sum: bigint }[],
  rest: readonly number[],
): State {
  const finite = rest.filter(Number.isFinite).map((value) => {
    const [mantissa, exponent] = ofDouble(value);
    return { exponent: 2 * exponent, sum: BigInt(mantissa) ** 2n };
  });
  return doubleSum([...lanes, ...finite], rest.filter((value) => !Number.isFinite(value)).map(Math.abs));
}

function addDoubleSums(a: DoubleSum, b: DoubleSum): DoubleSum {
  const sum = addFinite(a, b);
  if (a.length === 2 && b.length === 2) return sum;
  return [sum[0], sum[1], (a[2] ?? 0) + (b[2] ?? 0), (a[3] ?? 0) + (b[3] ?? 0), (a[4] ?? 0) + (b[4] ?? 0)];
}

function addFinite(a: DoubleSum, b: DoubleSum): readonly [JsonInteger, number] {
  const [low, high] = a[1] <= b[1] ? [a, b] : [b, a];
  const shift = high[1] - low[1];
  if (typeof low[0] === 'number' && typeof high[0] === 'number' && shift < 53) {
    const sum = low[0] + high[0] * 2 ** shift;
    if (Number.isSafeInteger(sum)) return normalizeSafe(sum, low[1]);
  }
  return normalize(BigInt(low[0]) + (BigInt(high[0]) << BigInt(shift)), low[1]);
}

/** Moves the mantissa's factors of two into the exponent. */
function normalize(mantissa: bigint, exponent: number): readonly [JsonInteger, number] {
  if (mantissa === 0n) return [0, 0];
  let zeros = 0;
  let low = Number(BigInt.asIntN(32, mantissa));
  while (low === 0) {
    zeros += 32;
    low = Number(BigInt.asIntN(32, mantissa >> BigInt(zeros)));
  }
  zeros += trailingZeros(low);
  return [encodeInteger(zeros === 0 ? mantissa : mantissa >> BigInt(zeros)), exponent + zeros];
}

function normalizeSafe(mantissa: number, exponent: number): readonly [JsonInteger, number] {
  if (mantissa === 0) return [0, 0];
  let rest = mantissa;
  let zeros = 0;
  if ((rest | 0) === 0) {
    rest /= 2 ** 32;
    zeros = 32;
  }
  const more = trailingZeros(rest | 0);
  return [rest / 2 ** more, exponent + zeros + more];
}

/** Of a 32-bit word that is not zero. */
const trailingZeros = (word: number) => 31 - Math.clz32(word & -word);

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

function ofDouble(value: number): DoubleSum {
  if (Number.isNaN(value)) return [0, 0, 1, 0, 0];
  if (value === Infinity) return [0, 0, 0, 1, 0];
  if (value === -Infinity) return [0, 0, 0, 0, 1];
  float[0] = value;
  const biased = (words[1]! >>> 20) & 0x7ff;
  const fraction = (words[1]! & 0xfffff) * 2 ** 32 + words[0]!;
  const mantissa = biased === 0 ? fraction : fraction + 2 ** 52;
  return normalizeSafe(value < 0 ? -mantissa : mantissa, Math.max(biased, 1) - 1075);
}
