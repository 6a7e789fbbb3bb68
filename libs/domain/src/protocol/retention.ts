/**
 * Which rows of a product are past its retention. Events that old are not taken (`expired`), so no event of the present can change
 * such a row; from then on no answer has it, and what is kept of it goes. What decides is the log's time at the cut, which is the
 * same for all layers and readers, and never a clock. It only moves on: what was removed must never be asked for again.
 */
import type { Plan, PlanWindow } from '../plan';
import { windowEnd } from '../window-times';
import type { Pointer } from './pointer';
import type { CutTimes } from './times';

type Aged = Pick<Plan, 'window' | 'retentionMicros'>;

/** The first time that the calendar of events has, microseconds. */
const FIRST = -62_135_596_800_000_000;

/**
 * Rows of windows that end by this time are past the retention at a cut, microseconds; null: none is, or it cannot be told.
 */
export function horizonAt(
  { cut, barriers }: Pick<CutTimes, 'cut' | 'barriers'>,
  { window, retentionMicros }: Aged,
): number | null {
  const lanes = Object.keys(cut);
  if (window === null || retentionMicros === null || lanes.length === 0) return null;
  let earliest = Infinity;
  for (const lane of lanes) {
    const appended = barriers[lane];
    if (appended === undefined) return null;
    earliest = Math.min(earliest, appended);
  }
  // What is no time of an append (see `barrierTime`) says nothing.
  const horizon = earliest * 1000 - retentionMicros;
  return earliest === 0 || horizon < FIRST ? null : horizon;
}

/** The pointer that is moved to, with its horizon. @param before what was served until then, whose horizon holds */
export function withHorizon(before: Pick<Pointer, 'horizon'>, moved: Pointer, plan: Aged): Pointer {
  const now = horizonAt(moved, plan) ?? -Infinity;
  const horizon = Math.max(before.horizon ?? -Infinity, now);
  return Number.isFinite(horizon) ? { ...moved, horizon } : moved;
}

const DAY = 86_400_000_000;

/** How long a window of the product is at most, microseconds: days and months of local time vary. */
const longestWindow = ({ sizeMicros, sizeMonths, zone }: PlanWindow): number =>
  sizeMicros + sizeMonths * 31 * DAY + (zone === undefined ? 0 : DAY);

/** How much older than a cut the events of a row may be that an answer still has, microseconds; null: of any age. */
export const neededFor = ({ window, retentionMicros }: Aged): number | null =>
  window === null || retentionMicros === null ? null : retentionMicros + longestWindow(window);

/** By when all windows end that may have an event of this time, or of one before it, microseconds; null: there are no windows. */
export const lastEndOf = ({ window }: Pick<Plan, 'window'>, until: number): number | null =>
  window === null ? null : until + longestWindow(window);

/** No row that is not past the horizon has an event of this time, or of one before it, microseconds. */
export function isBehindHorizon(plan: Pick<Plan, 'window'>, until: number, horizon: number | null): boolean {
  const end = lastEndOf(plan, until);
  return end !== null && horizon !== null && end <= horizon;
}

let last: { readonly window: Plan['window']; readonly start: string; readonly end: number } | null = null;

/** True of a row that no answer has any more. @param start of its window, as its key has it */
export function isPastRetention(
  { window }: Pick<Plan, 'window'>,
  start: unknown,
  horizon: number | undefined,
): boolean {
  if (horizon === undefined || window === null || typeof start !== 'string') return false;
  // Rows of one window stand together.
  if (last?.start !== start || last.window !== window)
    last = { window, start, end: windowEnd(window, start) };
  return last.end <= horizon;
}
