/** Values as JSON, to the last digit: what a double or an object of JavaScript can't hold is written as it is. */

/** A number by its digits. */
export class ExactNumber {
  constructor(readonly digits: string) {}
}

/** @throws RangeError for a number that JSON has not: not a number, or infinite */
export function jsonText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (value instanceof ExactNumber) return value.digits;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${value} is no number of JSON`);
    return JSON.stringify(value);
  }
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  const members = Object.entries(value as object).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`).join(',')}}`;
}

const MICROS_PER_DAY = 86_400_000_000n;

/** `2020-01-01T00:00:00.000001Z`; without Z where the time is nobody's zone. */
export function timestampText(micros: bigint, zone: 'Z' | '' = 'Z'): string {
  const seconds = (micros - mod(micros, 1_000_000n)) / 1_000_000n;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -5);
  return `${whole}${fractionText(mod(micros, 1_000_000n))}${zone}`;
}

export const dateText = (days: number): string => new Date(days * 86_400_000).toISOString().slice(0, 10);

export function timeText(micros: bigint): string {
  if (micros < 0n || micros >= MICROS_PER_DAY) throw new RangeError(`${micros} is no time of a day`);
  return timestampText(micros).slice(11, -1);
}

/** An integer with so many digits behind the point. */
export function decimalOf(unscaled: bigint, scale: number): ExactNumber {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  if (scale === 0) return new ExactNumber(sign + digits);
  return new ExactNumber(`${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`);
}

const mod = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;
const fractionText = (micros: bigint): string =>
  micros === 0n ? '' : `.${micros.toString().padStart(6, '0').replace(/0+$/, '')}`;
