/**
 * How much work the check of one event may be. A schema that refers to itself in several places of one `anyOf` asks for twice
 * the work with each level that an event is nested; all other checks grow with the event, and need no count.
 */

/** Thrown from within a check. */
export class TooManySteps extends Error {}

/** Every event may take these, however small it is. */
const AT_LEAST = 10_000;

/** And these for each of its values. */
const PER_VALUE = 16;

export class CheckSteps {
  private left = 0;
  private data: unknown;
  private counted = false;

  begin(data: unknown): void {
    this.left = AT_LEAST;
    this.data = data;
    this.counted = false;
  }

  /** A schema that was referred to is asked once more. @throws TooManySteps */
  readonly take = (): true => {
    this.left -= 1;
    if (this.left < 0) this.grant();
    return true;
  };

  private grant(): void {
    if (this.counted) throw new TooManySteps();
    this.counted = true;
    this.left = PER_VALUE * valuesIn(this.data, Infinity);
  }
}

/** Objects, arrays, fields and items; no more than about `limit` are counted. */
export function valuesIn(data: unknown, limit: number): number {
  let count = 0;
  const ahead: unknown[] = [data];
  while (ahead.length > 0 && count <= limit) {
    const value = ahead.pop();
    if (typeof value !== 'object' || value === null) continue;
    const within: unknown[] = Array.isArray(value) ? value : Object.values(value);
    count += within.length;
    for (const one of within) if (typeof one === 'object' && one !== null) ahead.push(one);
  }
  return count;
}
