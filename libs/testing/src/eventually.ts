export interface EventuallyOptions {
  /** Long by default: what should come comes late on a machine that does other things as well. */
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Waits until `condition` holds: until it returns something other than undefined, null or false, without throwing.
 *
 * @returns what it returned
 * @throws what it threw last, or an error that says what was waited for
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const { timeoutMs = 120_000, everyMs = 5 } = options;
  const end = performance.now() + timeoutMs;
  let failure: unknown = null;
  for (;;) {
    try {
      failure = null;
      const found = await condition();
      if (found !== undefined && found !== null && found !== false)
        return found as NonNullable<Exclude<T, false>>;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > end) throw failure ?? new Error(`Waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
