/** Kappa: an instance reads closed epochs in one snapshot, folds their cells one by one, and moves the pointer. */
import type { Pointer } from '../pointer';
import type { LaneReach } from '../reach';
import { NO_PART, join, laneOf } from './layers';
import { memo } from './pool';
import { CELLS } from './script';
import { foldTally } from './fold-tally';
import type { Folding, SpeedEpoch, State, Visit, World } from './world';
import { pointerMoves, withParts } from './world';

export function kappaSteps(world: World): (state: State, visit: Visit) => void {
  const begun = new Map<string, number>();
  const parts = memo((pointer, folding, cell, index) => foldPart(world, pointer, folding, cell, index));
  const moves = memo((pointer, folding) => movePointer(world, pointer, folding));
  const foldings = memo((folding) => world.workers.get(folding) as Folding | null);
  return (state, visit) => {
    const { at } = world;
    const pointer = state[at.pointer] as number;
    const snapshot = String.fromCharCode(pointer, ...state.slice(at.lane, at.cell));
    let begin = begun.get(snapshot);
    if (begin === undefined) begun.set(snapshot, (begin = beginFold(world, state)));
    for (let place = at.worker; place < world.width; place++) {
      const worker = state[place] as number;
      if (place > at.worker && worker === state[place - 1]) continue;
      // Whoever was at it has crashed, or is so slow that it is never seen again.
      if (begin !== 0 && begin !== worker)
        visit('an instance begins to fold', world.ordered(withParts(state, [[place, begin]])));
      const folding = foldings(worker);
      if (folding === null) continue;
      for (const cell of folding.left) {
        const cellPlace = world.cellAt(folding.line, cell);
        const part = parts(pointer, worker, state[cellPlace] as number, cell);
        if (part === null) continue;
        const label = `cell ${CELLS[cell]} of the fold ${folding.from}→${folding.to} lands`;
        visit(
          label,
          world.ordered(
            withParts(state, [
              [place, part.folding],
              [cellPlace, part.cell],
            ]),
          ),
        );
      }
      const moved = folding.left.length > 0 ? pointer : moves(pointer, worker);
      if (moved === pointer) continue;
      const label = `the pointer moves with the fold ${folding.from}→${folding.to}`;
      for (const changes of pointerMoves(world, state, moved))
        visit(label, world.ordered(withParts(state, changes)));
    }
  };
}

/** @returns the number of the worker that has read this snapshot; 0 if there is nothing to fold */
function beginFold(world: World, state: State): number {
  const { rules, at } = world;
  const pointer = world.pointers.get(state[at.pointer] as number);
  const lanes = new Map<string, { reach: LaneReach; progress: readonly SpeedEpoch[] }>();
  for (let lane = 0; lane < world.laneCount; lane++) {
    const progress = world.stores.get(state[at.lane + lane] as number);
    const key = laneOf(lane);
    lanes.set(key, {
      progress,
      reach: rules.reachOf(progress, pointer.cut[key] ?? 0, pointer.epochs[key] ?? 0),
    });
  }
  const to = rules.foldableGeneration([...lanes.values()].map(({ reach }) => reach));
  if (to <= pointer.generation) return 0;
  let part = NO_PART;
  for (const { reach, progress } of lanes.values())
    for (const epoch of progress)
      if (reach.epochs.includes(epoch.epoch) && rules.isClosedBefore(epoch.epoch, to))
        part = join(part, epoch);
  const folding: Folding = {
    line: pointer.line,
    from: pointer.generation,
    to,
    times: null,
    move: rules.closedMove(pointer, lanes, to),
    tally: part.tally,
    left: CELLS.map((_, cell) => cell).filter((cell) => (part.tally[cell] ?? 0) > 0),
  };
  return world.workers.numberOf(folding);
}

/** Another instance was quicker: what this one read is of the past. */
const isOf = (folding: Folding, pointer: Pointer) =>
  folding.line === pointer.line && folding.from === pointer.generation;

function foldPart(world: World, pointer: number, number: number, cell: number, index: number) {
  const folding = world.workers.get(number) as Folding;
  if (!isOf(folding, world.pointers.get(pointer))) return null;
  const left = folding.left.filter((one) => one !== index);
  return {
    folding: world.workers.numberOf({ ...folding, left }),
    cell: foldTally(world, cell, folding, folding.tally[index] ?? 0),
  };
}

function movePointer(world: World, pointer: number, number: number): number {
  const folding = world.workers.get(number) as Folding;
  const served = world.pointers.get(pointer);
  if (!isOf(folding, served)) return pointer;
  return world.pointers.numberOf(world.rules.movedPointer(served, folding, folding.move, served.hash, 0));
}
