/** What two plans make of states alike: where these are the same, so are the rows, and none need be made to see it. */
import type { Plan, PlanMeasure, StateSpec } from '@tenon/domain';
import { comparedColumns } from './row-differences';

/** `all`: rows are the same where all states are; else those at these places of either. */
export type AlikeStates = 'all' | readonly (readonly [number, number])[];

/** @returns null: rows have to be made to be compared. HAVING may leave out one or both, which is not told without making them */
export function alikeStates(a: Plan, b: Plan): AlikeStates | null {
  if (/\bhaving\b/i.test(a.sql) || /\bhaving\b/i.test(b.sql)) return null;
  if (meaningOf(a) === meaningOf(b)) return 'all';
  const pairs = new Map<string, readonly [number, number]>();
  for (const name of comparedColumns(a, b)) {
    const [left, right] = [measureOf(a, name), measureOf(b, name)];
    if (left === null || right === null || left.meaning !== right.meaning) return null;
    left.states.forEach((state, index) => {
      const pair = [state, right.states[index] as number] as const;
      pairs.set(pair.join(), pair);
    });
  }
  return [...pairs.values()];
}

const meaningOf = ({ columns, key, states, measures, engine: { finalize } }: Plan) =>
  JSON.stringify([columns, key, states, measures, finalize]);

/** A column that is a measure and nothing else: how it is made of which states. */
function measureOf(plan: Plan, name: string) {
  const column = plan.columns.find((one) => one.name === name);
  if (column?.role !== 'measure') return null;
  const { fn, type, params, states } = plan.measures[column.index as number] as PlanMeasure;
  const specs = states.map((index) => plan.states[index] as StateSpec);
  return { meaning: JSON.stringify([column.type, fn, type, params ?? null, specs]), states };
}
