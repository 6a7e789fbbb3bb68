/** What runs of batch compute. Each is fixed by the pointer that it read and by its cut; the log does not change. */
import type { Pointer } from '../pointer';
import { EMPTY_ACCOUNT } from '../slices';
import { NO_PART, join, laneOf, rangeOf } from './layers';
import type { Run, World } from './world';
import { HASH, OTHER_HASH, Violation } from './world';

/** What batch may begin when it reads this pointer: any complete cut above it, incremental or in full. */
export function runsFrom(world: World, pointer: Pointer): { label: string; run: number }[] {
  const { plan, workers } = world;
  const { line, generation } = pointer;
  const begun: { label: string; run: number }[] = [];
  const begin = (label: string, run: Run) => {
    if (plan.careless !== true && world.rules.judgeRange(pointer, run.head) === null)
      throw new Violation(`${label} is of the past as it begins.`);
    begun.push({ label: `${label} begins`, run: workers.numberOf(run) });
  };
  for (let to = 1; to <= world.lastCut; to++) {
    if (to > generation) begin(`a run ${generation}→${to}`, runOf(world, pointer, to, false, HASH));
    if (plan.careless === true) {
      begin(`a run ${generation}→${to} of another definition`, runOf(world, pointer, to, false, OTHER_HASH));
      if (to <= generation) begin(`a run ${generation}→${to}`, runOf(world, pointer, to, false, HASH));
    }
    if (to >= generation && line < (plan.lines ?? 0))
      begin(`a full run 0→${to} for line ${line + 1}`, runOf(world, pointer, to, true, HASH));
  }
  return begun;
}

function runOf(world: World, pointer: Pointer, to: number, full: boolean, hash: string): Run {
  const begin: Pick<Pointer, 'cut' | 'epochs'> = full ? { cut: {}, epochs: {} } : pointer;
  const cut: Record<string, number> = {};
  const epochs: Record<string, number> = {};
  const barriers: Record<string, number> = {};
  let part = NO_PART;
  world.scripts.forEach((script, lane) => {
    const end = (world.cursors[lane] ?? []).find(({ epoch }) => epoch >= to);
    if (end === undefined) throw new Error(`Cut ${to} is not complete.`);
    cut[laneOf(lane)] = end.start;
    epochs[laneOf(lane)] = end.epoch;
    if (end.start > (begin.cut[laneOf(lane)] ?? 0)) barriers[laneOf(lane)] = end.start;
    part = join(part, rangeOf(world.rules, script, world.window, begin, laneOf(lane), end.start));
  });
  const head = { hash, full, line: pointer.line + (full ? 1 : 0), from: full ? 0 : pointer.generation, to };
  // Another definition makes other numbers of the same records.
  const [a, b] = part.tally;
  return {
    head,
    move: { cut, epochs, barriers, ledger: part.ledger, watermark: part.watermark },
    tally: hash === HASH ? part.tally : [2 * a, 2 * b],
    account: EMPTY_ACCOUNT,
    parts: 0,
  };
}
