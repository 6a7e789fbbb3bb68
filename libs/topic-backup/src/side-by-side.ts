/** Works on several things at a time; the first failure ends the others at their next step, and is thrown once all have ended. */
export async function sideBySide<T>(
  things: readonly T[],
  atOnce: number,
  signal: AbortSignal,
  work: (thing: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const waiting = [...things];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let thing = waiting.shift(); thing !== undefined; thing = waiting.shift()) {
      if (either.aborted) return;
      try {
        await work(thing, either);
      } catch (error) {
        failures.push(error);
        failing.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, atOnce) }, worker));
  if (failures.length > 0) throw failures[0];
}

/** One after the other, whoever asks. */
export function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
