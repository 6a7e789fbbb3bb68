import type { StateSpec } from '../../states/spec';
import type { FoldTarget } from '../pointer';
import type { World } from './world';

/** A cell's state is one count: the tally of its records. */
export const SPECS: readonly StateSpec[] = [{ kind: 'count' }];

/** The number of the cell with a tally folded into it. */
export function foldTally(world: World, cell: number, target: FoldTarget, tally: number): number {
  const { from, to } = target;
  const versions = world.rules.foldCell(SPECS, world.cells.get(cell), {
    from,
    to,
    states: [tally],
    amended: false,
  });
  return world.cells.numberOf(versions);
}
