/** When a window begins and ends, whatever its row calls it: shifted windows, and those of a zone's local time. */
import type { PlanWindow } from './plan';
import { parseTimestamp, plusMonths } from './time';
import { endOf, instantsOf, zoneOffset } from './zones';

const DAY = 86_400e6;

/**
 * The end (exclusive) of the window whose row shows `start`, in microseconds; a window of calendar months ends on the same day of a
 * later month, one of local time when the zone's clocks say so (a day may have 23 or 25 hours). NaN if `start` is no timestamp.
 */
export function windowEnd(window: PlanWindow, start: string): number {
  const bucket = bucketOf(window, start);
  const end = window.sizeMonths === 0 ? bucket + window.sizeMicros : plusMonths(bucket, window.sizeMonths);
  return instantOf(window, end, 'end');
}

/** As `windowEnd`, when it begins. */
export function windowBegin(window: PlanWindow, start: string): number {
  if (window.instants === true && window.shiftMicros === undefined) return parseTimestamp(start) ?? NaN;
  const bucket = bucketOf(window, start);
  return instantOf(window, bucket, 'begin');
}

/** The start of the bucket, in the time that was cut into buckets. */
function bucketOf(window: PlanWindow, start: string): number {
  const { zone, labelMicros = 0, instants = false } = window;
  const shown = parseTimestamp(start) ?? NaN;
  if (zone === undefined || !instants) return shown - labelMicros;
  const offset = zoneOffset(zone, shown);
  const before = zoneOffset(zone, shown - 1);
  // A day whose midnight is left out begins where the clocks are put forward, and is still the day from midnight.
  const ofDays = window.sizeMonths > 0 || window.sizeMicros % DAY === 0;
  return shown + (ofDays && offset > before ? before : offset);
}

type Which = 'begin' | 'end' | 'latest';

function instantOf({ zone, shiftMicros = 0, instants }: PlanWindow, bucket: number, of: Which): number {
  const at = bucket - shiftMicros;
  // Where midnight is shown twice, DuckDB's instants are those of the second.
  const which = of === 'end' && instants === true ? 'latest' : of;
  return zone === undefined || Number.isNaN(at) ? at : kept(zone, at, which);
}

/** Local times of windows, which many rows share. */
const known = new Map<string, number>();
const MOST_KNOWN = 10_000;

function kept(zone: string, local: number, which: Which): number {
  const name = `${which} ${local} ${zone}`;
  let instant = known.get(name);
  if (instant === undefined) {
    if (known.size >= MOST_KNOWN) known.clear();
    const { earliest, latest } = instantsOf(zone, local);
    instant = which === 'begin' ? earliest : which === 'latest' ? latest : endOf(zone, local);
    known.set(name, instant);
  }
  return instant;
}
