/**
 * Records that are gone because of their age, from the log and from its older part. A product whose retention is shorter has no
 * row of them any more, at the newest cut that there is; it goes on behind them, and counts them as expired. As batch does.
 */
import { TOPICS } from '@tenon/contracts';
import type { CutTimes, Lane, Offset, Plan } from '@tenon/domain';
import { horizonAt, isBehindHorizon, laneKey, lastEndOf } from '@tenon/domain';
import type { Hole } from '@tenon/loops';
import type { OlderTier, ServedPointers } from '@tenon/ports';
import type { LivePartition } from './partition';

export interface AgedDeps {
  readonly pointers: ServedPointers;
  /** All that are read here. */
  readonly plans: readonly Plan[];
  /** What is known of the older part of the log; absent: it has none. */
  readonly older?: Pick<OlderTier, 'next' | 'aged'>;
}

/** The first offset of a lane that has not gone because of its age; 0: all are there, or may be. @param start of the log */
export async function agedTo(
  { older }: AgedDeps,
  { source, partition }: Lane,
  start: Offset,
): Promise<Offset> {
  if (start === 0) return 0;
  const aged = await older?.aged(TOPICS.events(source), partition);
  return Math.min(start, aged?.before ?? 0);
}

/** Where records go on that are gone from an offset on. @param start of the log */
export async function goesOnAt(
  { older }: AgedDeps,
  { source, partition }: Lane,
  from: Offset,
  start: Offset,
): Promise<Offset> {
  const next = (await older?.next(TOPICS.events(source), partition, from)) ?? start;
  // What it should have and cannot give is a matter of its own.
  return next <= from ? start : Math.min(next, start);
}

/**
 * By when all windows end that a hole may have taken something from, where a product needs none of them any more, microseconds.
 *
 * @param live of the lane: it may have read newer barriers than those that are served
 * @returns null: the product needs what is gone, or it did not go because of its age
 */
export async function sparedBy(
  deps: AgedDeps,
  live: LivePartition,
  plan: Plan,
  hole: Pick<Hole, 'to'>,
): Promise<number | null> {
  // In Lambda batch decides, and its range is of the same cut in all lanes.
  if (plan.topology !== 'kappa' || plan.retentionMicros === null) return null;
  const { lane, barrierAt } = live;
  const aged = await deps.older?.aged(TOPICS.events(lane.source), lane.partition);
  if (aged === undefined || aged === null || hole.to > aged.before) return null;
  const pointers = await deps.pointers.read(deps.plans.filter(({ source }) => source === lane.source));
  const key = laneKey(lane.source, lane.partition);
  const times: Pick<CutTimes, 'cut' | 'barriers'>[] = pointers.flatMap((pointer) => pointer ?? []);
  if (barrierAt !== null)
    times.push({ cut: { [key]: live.judge.cursor.start }, barriers: { [key]: barrierAt } });
  const isBehind = times.some((one) => isBehindHorizon(plan, aged.until, horizonAt(one, plan)));
  return isBehind ? lastEndOf(plan, aged.until) : null;
}
