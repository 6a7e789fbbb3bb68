/** Decimals and large integers as Arrow has them: 128 bits, two's complement, little-endian. */
import { unscaledDigits } from '@tenon/domain';
import type { Value } from '@tenon/domain';

const MASK = 0xffff_ffffn;

/** @returns undefined for what is no decimal of the scale. Numbers mean their shortest digits, as JSON writes them */
export function unscaled(value: Value, scale: number): bigint | undefined {
  const text = typeof value === 'number' ? plainDigits(String(value)) : String(value);
  const digits = unscaledDigits(text, scale);
  return digits === undefined ? undefined : BigInt(digits);
}

/** `1.5e-7` without its exponent. */
function plainDigits(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point)}`;
}

export function writeInt128(words: Uint32Array, at: number, value: bigint): void {
  for (let word = 0, rest = value; word < 4; word++, rest >>= 32n) words[at * 4 + word] = Number(rest & MASK);
}
