/** Which flush of the speed layer may land. */
import type { Epoch, Offset } from '../numbers';

/** What landing a flush of the offsets [from, to) of an epoch would do. */
export type FlushVerdict = 'apply' | 'stale' | 'gap';

/**
 * A flush lands if and only if `from <= next < to`, where `next` is the offset that has landed for its epoch and
 * lane: replays and zombies change nothing (`stale`), and what went missing is seen (`gap`) and never summed over.
 *
 * @param next what has landed; the epoch's first offset where nothing has
 * @param servedEpoch the first epoch that the base view does not hold, in this lane
 */
export function judgeFlush(
  flush: { readonly epoch: Epoch; readonly from: Offset; readonly to: Offset },
  next: Offset,
  servedEpoch: Epoch,
): FlushVerdict {
  if (flush.epoch < servedEpoch || flush.to <= next) return 'stale';
  return flush.from <= next ? 'apply' : 'gap';
}
