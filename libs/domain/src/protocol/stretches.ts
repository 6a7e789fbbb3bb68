/**
 * Closed epochs of a lane that were folded together, so that a reader who is far beyond the cut, as while batch is away, takes few
 * parts of a lane and not one for each cut. Closed epochs do not change, so a stretch says what its epochs say. They stay beside
 * it until they lie behind the pointer: one that lands in the middle of a stretch goes on from there by the epochs themselves.
 */
import type { LaneKey } from '../lanes';
import type { Epoch } from '../numbers';
import { addLedgers } from './ledger';
import type { LandedEpoch, Pointer } from './pointer';
import { isBehind, laterOf } from './pointer';

/** An epoch, or a stretch of them: then `epoch` is its first one, and `nextEpoch` that after its last one. */
export interface LandedPart extends LandedEpoch {
  /** 0, or absent: an epoch. A stretch of level n + 1 is made of `WIDTH` parts of level n. */
  readonly level?: number;
  /** The last epoch of a stretch. With lane and level it names the stretch: a lane's epochs are a sequence. */
  readonly through?: Epoch;
}

export interface Stretch extends LandedPart {
  readonly level: number;
  readonly through: Epoch;
  readonly closed: true;
}

/** So many parts of a level become one of the next. */
const WIDTH = 4;

/** With fewer closed parts than these a lane is read as it is: as long as batch keeps up, nothing is folded twice. */
const LEAST = 8;

/**
 * What a lane is read by from an epoch on: stretches where they begin at it, or where the part before ends, else epochs.
 *
 * @param stretches of which none lies within another
 */
export function partsFrom(
  progress: readonly LandedEpoch[],
  stretches: readonly Stretch[],
  from: Epoch,
): LandedPart[] {
  if (stretches.length === 0) return [...progress];
  const begins = new Map<Epoch, LandedPart>();
  for (const part of [...progress, ...stretches]) begins.set(part.epoch, part);
  const parts: LandedPart[] = [];
  let at = from;
  for (let part = begins.get(at); part !== undefined; part = begins.get(at)) {
    parts.push(part);
    if (!part.closed || part.nextEpoch <= at) break;
    at = part.nextEpoch;
  }
  const known = new Set(parts.map(({ epoch }) => epoch));
  const last = parts.at(-1);
  const end = last?.closed === true ? last.nextEpoch : (last?.epoch ?? from);
  // What lies beyond and does not join on is a gap, which is the reach's matter.
  return [...parts, ...progress.filter(({ epoch }) => epoch >= end && !known.has(epoch))];
}

/** Up to which epoch stretches alone lead from one on: of those before it nothing need be read. */
export function coveredFrom(stretches: readonly Stretch[], from: Epoch): Epoch {
  const begins = new Map(stretches.map((one) => [one.epoch, one]));
  let at = from;
  for (let one = begins.get(at); one !== undefined && one.nextEpoch > at; one = begins.get(at))
    at = one.nextEpoch;
  return at;
}

/**
 * The parts that are to become a stretch next; null: none.
 *
 * @param parts of a lane beyond the cut, in order, as far as they join on
 */
export function dueStretch(
  parts: readonly LandedPart[],
  { width, least } = { width: WIDTH, least: LEAST },
): readonly LandedPart[] | null {
  const closed = parts.filter((part) => part.closed);
  if (closed.length < least) return null;
  for (let at = 0; at + width <= closed.length; at++) {
    const run = closed.slice(at, at + width);
    if (run.every(({ level = 0 }) => level === (run[0]?.level ?? 0))) return run;
  }
  return null;
}

/** The stretch of parts that follow each other. */
export function stretchOf(run: readonly LandedPart[]): Stretch {
  const [first, last] = [run[0] as LandedPart, run.at(-1) as LandedPart];
  return {
    epoch: first.epoch,
    through: last.through ?? last.epoch,
    level: (first.level ?? 0) + 1,
    start: first.start,
    next: last.next,
    closed: true,
    nextEpoch: last.nextEpoch,
    ledger: run.map(({ ledger }) => ledger).reduce(addLedgers),
    watermark: run.map(({ watermark }) => watermark).reduce(laterOf),
    closedAt: last.closedAt,
  };
}

/**
 * Whether the states of some parts may be taken together. Once a pointer lies beyond the first of them prune may have been there.
 * Asked in the transaction that says that the stretch is there, and before each that writes of it.
 */
export const mayStretch = (pointer: Pointer, lane: LaneKey, run: readonly LandedPart[]): boolean =>
  !isBehind(pointer, lane, (run[0] as LandedPart).epoch);

/**
 * A lane's stretches once another one is there: those that it is made of are read no more, and those that no pointer can begin at go.
 *
 * @param made null: none
 */
export function withStretch(
  stretches: readonly Stretch[],
  pointer: Pointer,
  lane: LaneKey,
  made: Stretch | null,
): Stretch[] {
  // Pointers only move on: one that lies within a stretch has no use for it, and those after it have none.
  const kept = stretches.filter((one) => !isBehind(pointer, lane, one.epoch));
  if (made === null || kept.some((one) => one.epoch <= made.epoch && made.through <= one.through))
    return kept;
  return [...kept.filter((one) => one.through < made.epoch || made.through < one.epoch), made];
}
