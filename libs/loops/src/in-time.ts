/** Work that may take so long and no longer. */
import type { TenonError } from '@tenon/errors';
import type { Clock } from '@tenon/ports';

/**
 * @param mostMs null: as long as it likes
 * @param late what the signal is aborted with then
 * @param work ends with an error once its signal is aborted; undefined: it may take as long as it likes
 */
export async function inTime<T>(
  clock: Pick<Clock, 'sleep'>,
  mostMs: number | null,
  late: () => TenonError,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (mostMs === null) return work(undefined);
  const [over, ended] = [new AbortController(), new AbortController()];
  void clock.sleep(mostMs, ended.signal).then(() => {
    if (!ended.signal.aborted) over.abort(late());
  });
  try {
    const result = await work(over.signal);
    over.signal.throwIfAborted();
    return result;
  } finally {
    ended.abort();
  }
}
