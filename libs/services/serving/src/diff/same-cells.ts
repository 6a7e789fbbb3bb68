/** Whether a cell of two views shows the same, told from its documents as they stand in the stores. */
import { isPastRetention } from '@tenon/domain';
import type { CellTexts } from '@tenon/views';
import type { AlikeStates } from './alike';
import type { ChosenSide } from './sides';
import { areSame, areSomeSame, keyEnd, keyIn, statesAt } from './state-texts';

/**
 * What it calls the same is. What stands alike in two places is damaged in neither; all else is read, and checked then.
 *
 * @param horizon rows that are past it are in neither
 */
export function sameCells({ layout, view: { base } }: ChosenSide, right: ChosenSide, horizon: number) {
  const [made, madeRight] = [base.pointer.generation, right.view.base.pointer.generation];
  const hasHorizon = Number.isFinite(horizon);
  return (a: CellTexts, b: CellTexts, states: AlikeStates): boolean => {
    if (a.past !== undefined || b.past !== undefined || !areSpeedsSame(a.speed, b.speed)) return false;
    // Some states of a sum say nothing of the sum.
    if (a.speed.length > 0 && states !== 'all') return false;
    if (a.base === undefined || b.base === undefined)
      return a.base === b.base && a.speed.length > 0 && !hasHorizon;
    const end = keyEnd(a.base);
    const at = statesAt(a.base, end, made);
    const atRight = statesAt(b.base, keyEnd(b.base), madeRight);
    if (at === -1 || atRight === -1) return false;
    if (hasHorizon) {
      const [start] = keyIn(a.base, end) as unknown[];
      if (isPastRetention(layout.plan, start, horizon)) return false;
    }
    return states === 'all'
      ? areSame(a.base, at, b.base, atRight)
      : areSomeSame(a.base, at, b.base, atRight, states);
  };
}

function areSpeedsSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
