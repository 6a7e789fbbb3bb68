/**
 * Which windows are over at a cut. A window is over once a later one has begun before the cut, and its time is past: by the
 * barriers that make the cut, less what events of the source may be late. Event time alone would do for honest events; the
 * barriers' time keeps one event far ahead from ending today's windows.
 */
import type { LaneOffsets, Lanes } from '../lanes';

/** What a base view knows of time. */
export interface CutTimes {
  /** The start of the latest window before the cut, microseconds; null: none, or the product has no windows. */
  readonly watermark: number | null;
  /** Lane → first offset that is not before the cut. */
  readonly cut: LaneOffsets;
  /** Lane → when the barrier before the cut was appended there, see `barrierTime`. A lane may lack it: of a release before. */
  readonly barriers: Lanes<number>;
}

/** The last millisecond of year 9999. */
const LATEST = 253_402_300_799_999;

/**
 * A barrier's append time as both layers take it, milliseconds since the epoch. What is no time of an append (records may say
 * anything) is the earliest one: nothing is over by it.
 */
export const barrierTime = (timestamp: number): number =>
  Number.isFinite(timestamp) && timestamp >= 0 && timestamp <= LATEST ? Math.floor(timestamp) : 0;

/**
 * Windows that end by this time are over, microseconds; null: none is.
 *
 * @param lateness how long after its time an event of the source may come, microseconds
 */
export function watermarkAt({ watermark, cut, barriers }: CutTimes, lateness: number): number | null {
  const appended = Object.keys(cut).map((lane) => barriers[lane]);
  if (watermark === null || appended.length === 0) return null;
  let earliest = Infinity;
  for (const one of appended) {
    if (one === undefined) return null;
    earliest = Math.min(earliest, one);
  }
  return Math.min(watermark, earliest * 1000 - lateness);
}
