/** Runs of batch: one begins, a part of it lands, its commit lands; each may come at any time, in any order, again and again. */
import { memo } from './pool';
import { CELLS } from './script';
import { foldTally } from './fold-tally';
import { runsFrom } from './runs';
import type { Run, State, Visit, World } from './world';
import { Violation, pointerMoves, withParts } from './world';

/** What a transaction writes. */
interface Landed {
  readonly label: string;
  readonly run: number;
  readonly cell: number;
  readonly pointer: number;
}

/** Instead of the number of a cell: the commit lands. */
const COMMIT = CELLS.length;

export function batchSteps(world: World): (state: State, visit: Visit) => void {
  const begins = memo((pointer) => runsFrom(world, world.pointers.get(pointer)));
  const landings = memo((pointer, run, cell, index) => landed(world, pointer, run, cell, index));
  const lines = memo((run) => (world.workers.get(run) as Run | null)?.head.line ?? -1);
  return (state, visit) => {
    const { at } = world;
    const pointer = state[at.pointer] as number;
    for (let place = at.worker; place < world.width; place++) {
      const run = state[place] as number;
      // Equal workers do equal things.
      if (place > at.worker && run === state[place - 1]) continue;
      for (const { label, run: begun } of begins(pointer))
        visit(label, world.ordered(withParts(state, [[place, begun]])));
      const line = lines(run);
      for (let index = 0; line >= 0 && index <= COMMIT; index++) {
        const cellPlace = world.cellAt(line, index % COMMIT);
        const cell = state[cellPlace] as number;
        const done = landings(pointer, run, cell, index);
        if (done === null) continue;
        const landing: [number, number][] = [
          [place, done.run],
          [cellPlace, done.cell],
        ];
        const moves = done.pointer === pointer ? [[]] : pointerMoves(world, state, done.pointer);
        for (const move of moves) visit(done.label, world.ordered(withParts(state, [...landing, ...move])));
      }
    }
  };
}

/** One transaction: it reads pointer, account and cell, and writes what the rules say. @param index of the cell, or `COMMIT` */
function landed(world: World, pointer: number, number: number, cell: number, index: number): Landed | null {
  const { rules } = world;
  const run = world.workers.get(number) as Run;
  const served = world.pointers.get(pointer);
  const cells = CELLS.map((_, at) => at).filter((at) => run.tally[at] !== 0);
  const part = cells.indexOf(index);
  // The parts of a slice land one after the other, each in a transaction of its own; the last one accounts for the slice.
  if (index !== COMMIT && (part < 0 || (world.plan.parts === true && part > run.parts))) return null;
  const target = rules.judgeRange(served, run.head);
  if (target === null) return null;
  const isAccounted = world.plan.parts !== true || part === cells.length - 1;
  const slices = world.plan.parts === true ? Math.min(1, cells.length) : cells.length;
  const account =
    index === COMMIT
      ? rules.withCommit(run.account, { ...run.move, slices })
      : isAccounted
        ? rules.withSlice(run.account, world.plan.parts === true ? 0 : part)
        : run.account;
  if (
    run.account.landed.some((slice) => !account.landed.includes(slice)) ||
    (run.account.commit !== null && account.commit === null)
  )
    throw new Violation('What has landed of a range is forgotten, and does not come again.');
  const whole = index === COMMIT || isAccounted ? rules.commitOfWhole(account) : null;
  const { line, from, to, full } = run.head;
  const what = index === COMMIT ? 'the commit' : `cell ${CELLS[index]}`;
  const name = `${full ? 'the full run' : 'the run'} ${from}→${to} on line ${line}`;
  const moved = whole && rules.movedPointer(served, target, whole, run.head.hash, 0);
  return {
    label: `${what} of ${name} lands${moved === null ? '' : ', and the pointer moves'}`,
    run: world.workers.numberOf({ ...run, account, parts: Math.max(run.parts, part + 1) }),
    cell: index === COMMIT ? cell : foldTally(world, cell, target, run.tally[index] ?? 0),
    pointer: moved === null ? pointer : world.pointers.numberOf(moved),
  };
}
