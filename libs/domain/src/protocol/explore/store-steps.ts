/** What time does: readers of the pointer before let go of it, and base lines that nobody reads are deleted. */
import type { State, Visit, World } from './world';
import { withParts } from './world';

export function storeSteps(world: World): (state: State, visit: Visit) => void {
  const empty = world.cells.numberOf([]);
  return (state, visit) => {
    const { at, plan } = world;
    const pointer = state[at.pointer] as number;
    if (state[at.held] !== pointer)
      visit('the grace is over: nobody goes by an earlier pointer', withParts(state, [[at.held, pointer]]));
    if (plan.prune !== true) return;
    const { line } = world.pointers.get(state[at.held] as number);
    const changes: [number, number][] = [];
    for (let place = at.cell; place < world.cellAt(line, 0); place++)
      if (state[place] !== empty) changes.push([place, empty]);
    if (changes.length > 0) visit(`prune base lines below ${line}`, withParts(state, changes));
  };
}
