/**
 * Cuts and epochs: where batch ends and speed begins, as offsets and not as a time.
 *
 * A barrier is a control record that ingestion writes into every partition of every source; the offset after barrier k
 * is cut k. Epoch k holds the records from cut k up to and including barrier k+1 (so an epoch ends after its barrier).
 */
import type { LaneOffsets, Offsets } from '../lanes';
import type { Epoch, Offset } from '../numbers';

/** Where one partition stands while its records are read in order. */
export interface EpochCursor {
  /** The epoch that the next record belongs to. */
  readonly epoch: Epoch;
  /** The first offset of that epoch. */
  readonly start: Offset;
}

/** The cursor of a partition of which nothing has been read. */
export const FIRST_EPOCH: EpochCursor = { epoch: 0, start: 0 };

/**
 * What a barrier does to a partition: the first barrier whose number is above the epoch's ends it; every other one (a
 * copy, an older number from a second writer) is ignored. A number that skips some closes the skipped epochs as empty.
 *
 * @returns the cursor after the barrier at `offset`, or null if the barrier is ignored.
 */
export function passBarrier(cursor: EpochCursor, barrier: Epoch, offset: Offset): EpochCursor | null {
  return barrier > cursor.epoch ? { epoch: barrier, start: offset + 1 } : null;
}

/** True if every offset of `wanted` lies below the next offset that `included` names. */
export function covers(included: LaneOffsets | undefined, wanted: LaneOffsets): boolean {
  return Object.entries(wanted).every(([lane, next]) => (included?.[lane] ?? 0) >= next);
}

/** Partition by partition, the larger of two offsets. */
export function laterOffsets(a: Offsets, b: Offsets): Offsets {
  const later: Record<string, Offset> = { ...a };
  for (const [partition, next] of Object.entries(b)) later[partition] = Math.max(later[partition] ?? 0, next);
  return later;
}

/** How many records lie between two vectors; lanes that `from` lacks count from 0. */
export function countBetween(from: LaneOffsets, to: LaneOffsets): number {
  let sum = 0;
  for (const [lane, next] of Object.entries(to)) sum += Math.max(0, next - (from[lane] ?? 0));
  return sum;
}
