/**
 * Equal parts of states are one part with one number, so a state is a few small numbers, its key a short string, and what the
 * rules make of some parts is asked of them once: they are pure (the Pool of a world lives as long as its exploration).
 */
export class Pool<T> {
  private readonly numbers = new Map<string, number>();
  private readonly parts: T[] = [];

  numberOf(part: T): number {
    const text = JSON.stringify(part);
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.parts.length;
      if (number > 0xffff) throw new RangeError('Too many parts for the key of a state.');
      this.numbers.set(text, number);
      this.parts.push(part);
    }
    return number;
  }

  get(number: number): T {
    return this.parts[number] as T;
  }
}

/** A function of up to four small numbers, asked once for each. */
export function memo<R>(
  compute: (a: number, b: number, c: number, d: number) => R,
): (a: number, b?: number, c?: number, d?: number) => R {
  const known = new Map<number, R>();
  return (a, b = 0, c = 0, d = 0) => {
    // 16 + 16 + 13 + 8 bits: a number holds 53 exactly.
    if (c >= 2 ** 13 || d >= 2 ** 8) throw new RangeError('Too many parts to remember what they make.');
    const key = ((a * 2 ** 16 + b) * 2 ** 13 + c) * 2 ** 8 + d;
    let result = known.get(key);
    if (result === undefined) known.set(key, (result = compute(a, b, c, d)));
    return result;
  };
}
