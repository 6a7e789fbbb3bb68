/** A flush arrives and lands, or not; what lies behind is deleted. */
import type { Pointer } from '../pointer';
import { laneOf, type Flush } from './layers';
import { memo } from './pool';
import type { SpeedEpoch, State, Visit, World } from './world';
import { Violation } from './world';

interface Landing {
  readonly label: string;
  readonly store: number;
}

export function speedSteps(world: World): (state: State, visit: Visit) => void {
  const landings = memo((lane, store, pointer) => landingsOf(world, lane, store, pointer));
  const pruned = memo((lane, store, pointer) => prunedStore(world, lane, store, pointer));
  return (state, visit) => {
    const { at, plan } = world;
    for (let lane = 0; lane < world.laneCount; lane++) {
      const place = at.lane + lane;
      const store = state[place] as number;
      const [pointer, held] = [state[at.pointer] as number, state[at.held] as number];
      for (const { label, store: next } of landings(lane, store, pointer))
        visit(label, withPart(state, place, next));
      if (held !== pointer)
        for (const { label, store: next } of landings(lane, store, held))
          visit(label, withPart(state, place, next));
      if (plan.prune !== true) continue;
      // A grace after: by then nobody goes by a pointer before this one.
      const next = pruned(lane, store, held);
      if (next !== store) visit(`prune lane ${lane}`, withPart(state, place, next));
    }
  };
}

function withPart(state: State, place: number, part: number): State {
  const next = state.slice();
  next[place] = part;
  return next;
}

function landingsOf(world: World, lane: number, store: number, pointer: number): Landing[] {
  const landed = world.stores.get(store);
  const served = world.pointers.get(pointer);
  const landings = new Map<number, Landing>();
  for (const flush of world.flushes[lane] ?? []) {
    const next = land(world, served, lane, landed, flush);
    const number = next === landed ? store : world.stores.numberOf(next);
    const label = `flush of lane ${lane}, epoch ${flush.epoch} [${flush.from}, ${flush.to}) lands`;
    if (number !== store && !landings.has(number)) landings.set(number, { label, store: number });
  }
  return [...landings.values()];
}

function land(
  world: World,
  pointer: Pointer,
  lane: number,
  landed: readonly SpeedEpoch[],
  flush: Flush,
): readonly SpeedEpoch[] {
  const before = landed.find(({ epoch }) => epoch === flush.epoch);
  const servedEpoch = pointer.epochs[laneOf(lane)] ?? 0;
  const next = before?.next ?? flush.start;
  const verdict = world.rules.judgeFlush(flush, next, servedEpoch);
  if (verdict === 'stale' && flush.epoch >= servedEpoch && flush.to > next)
    throw new Violation('What went missing is not said to be a gap.');
  if (verdict !== 'apply') return landed;
  if (flush.epoch < servedEpoch)
    throw new Violation('An epoch behind the pointer lands: nobody reads it, and prune may have been there.');
  if (before !== undefined && flush.to < before.next)
    throw new Violation('What has landed of an epoch goes back.');
  const { epoch, start, to, closed, nextEpoch, ledger, watermark, closedAt } = flush;
  const kept = (cell: 0 | 1) =>
    flush.changed[cell] === true ? flush.tally[cell] : (before?.tally[cell] ?? 0);
  const after: SpeedEpoch = {
    epoch,
    start,
    next: to,
    closed,
    nextEpoch,
    ledger,
    watermark,
    closedAt,
    tally: [kept(0), kept(1)],
  };
  return [...landed.filter((one) => one.epoch !== epoch), after].sort((a, b) => a.epoch - b.epoch);
}

function prunedStore(world: World, lane: number, store: number, pointer: number): number {
  const served = world.pointers.get(pointer);
  const key = laneOf(lane);
  const landed = world.stores.get(store);
  const kept = landed.filter(({ epoch }) => !world.rules.isBehind(served, key, epoch));
  if (kept.some(({ next }) => next <= (served.cut[key] ?? 0)))
    throw new Violation('An epoch that lies before the cut is kept by prune.');
  return kept.length === landed.length ? store : world.stores.numberOf(kept);
}
