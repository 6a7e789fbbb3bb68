/** Breadth first, so the first trace that breaks a promise is a shortest one. */
import { batchSteps } from './batch-steps';
import { Found } from './found';
import { kappaSteps } from './kappa-steps';
import { Promises } from './promises';
import type { Rules } from './rules';
import { speedSteps } from './speed-steps';
import { storeSteps } from './store-steps';
import type { State, Visit, WorldPlan } from './world';
import { Violation, World } from './world';

export interface Broken {
  readonly promise: string;
  /** The steps that lead there. */
  readonly trace: readonly string[];
}

export interface Explored {
  readonly states: number;
  readonly steps: number;
  /** null: no promise is broken, and these are all states that there are. */
  readonly broken: Broken | null;
}

/** Sees every state of a world, or the nearest that breaks a promise. */
export function explore(rules: Rules, plan: WorldPlan): Explored {
  const world = new World(rules, plan);
  const promises = new Promises(world);
  const stepsOf = stepsIn(world);
  const found = new Found(world.width);
  const result = (broken: Broken | null): Explored => ({ states: found.size, steps: found.steps, broken });
  let at = 0;
  let last: string | null = null;
  try {
    const initial = world.initial();
    found.add(initial, -1);
    promises.check(initial);
    for (; at < found.size; at++) {
      const state = found.state(at);
      found.beginSteps();
      stepsOf(state, (label, next) => {
        last = label;
        const isNew = found.add(next, at);
        promises.checkStep(state, next);
        if (isNew) promises.check(next);
        last = null;
      });
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const path = traceOf(stepsOf, found.pathTo(at));
    return result({ promise: error.message, trace: [...path, last ?? 'the next step'] });
  }
  const stuck = found.firstThatCannotReach((state) => promises.isComplete(state));
  if (stuck < 0) return result(null);
  const promise = 'From here on, not everything can be included any more.';
  return result({ promise, trace: traceOf(stepsOf, found.pathTo(stuck)) });
}

function stepsIn(world: World): (state: State, visit: Visit) => void {
  const all = [speedSteps(world), storeSteps(world)];
  if ((world.plan.runs ?? 0) > 0) all.push(batchSteps(world));
  if ((world.plan.folders ?? 0) > 0) all.push(kappaSteps(world));
  return (state, visit) => {
    for (const steps of all) steps(state, visit);
  };
}

/** The labels of the steps along a path. */
function traceOf(stepsOf: (state: State, visit: Visit) => void, path: readonly State[]): string[] {
  return path.slice(1).map((target, index) => {
    let found = '?';
    stepsOf(path[index] as State, (label, next) => {
      if (found === '?' && next.every((part, place) => part === target[place])) found = label;
    });
    return found;
  });
}
