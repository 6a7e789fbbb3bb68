/**
 * Exact integers in JSON: a number where it is safe, else a decimal string. One integer has one form, so equal integers
 * are equal JSON.
 */

export type JsonInteger = number | string;

export function encodeInteger(value: bigint): JsonInteger {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : value.toString();
}

export function addIntegers(a: JsonInteger, b: JsonInteger): JsonInteger {
  if (typeof a === 'number' && typeof b === 'number') {
    // Rounding can't bring a sum that left the safe range back into it.
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return encodeInteger(BigInt(a) + BigInt(b));
}

/** The decimal text of `unscaled / 10^scale`, as DuckDB prints it: all digits of the scale, `-0.50` for -50 at 2. */
export function formatDecimal(unscaled: JsonInteger | bigint, scale: number): string {
  const text = String(unscaled);
  if (scale === 0) return text;
  const negative = text.startsWith('-');
  const digits = (negative ? text.slice(1) : text).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/**
 * The unscaled integer of a decimal text at a scale, as decimal digits without leading zeros (`-1250` for `-12.5` at 2).
 *
 * @returns undefined if the text is no plain decimal or has more decimals than the scale
 */
export function unscaledDigits(text: string, scale: number): string | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
  if (match === null || `${match[2]}${match[3] ?? ''}` === '') return undefined;
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > scale) return undefined;
  const digits = `${match[2]}${fraction.padEnd(scale, '0')}`.replace(/^0+(?=\d)/, '');
  if (digits === '' || digits === '0') return '0';
  return match[1] === '-' ? `-${digits}` : digits;
}
