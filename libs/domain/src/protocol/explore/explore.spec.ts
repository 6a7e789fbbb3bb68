/**
 * Every state that the rules of the landing protocol can bring a small world into, and in each of them the promises: an
 * answer is the fold of exactly the records below what it says is included, the ledger closes, the pointer and what is
 * included never go back, a gap is said to be one, and from each state on everything can still be included.
 */
import { explore } from './explore';
import { exploreLogs } from './logs';
import { RULES } from './rules';
import { WORLDS } from './worlds';

/** How many there were when this was written. Where a rule changes, so may they: say the new number here. */
const STATES: Readonly<Record<keyof typeof WORLDS, number>> = {
  lambda: 423_720,
  runs: 326_748,
  parts: 88_840,
  lines: 45_864,
  cuts: 92_472,
  lanes: 277_344,
  careless: 8_964,
  separate: 246_432,
  kappa: 59_336,
  'kappa of three': 378_504,
};

describe('the rules of the landing protocol', () => {
  const worlds = Object.entries(WORLDS).map(([key, plan]) => ({
    key,
    plan,
    name: plan.name,
    states: STATES[key as keyof typeof WORLDS],
  }));

  it.each(worlds)(
    'keep every promise in all $states states of $key: $name',
    ({ plan, states }) => {
      const explored = explore(RULES, plan);
      expect(explored).toMatchObject({ broken: null, states });
    },
    300_000,
  );

  it('judge each record alike from wherever a lane is read, in all 9331 logs of up to five records', () => {
    expect(exploreLogs(RULES, 5)).toMatchObject({ broken: null, states: 9_331 });
  }, 60_000);
});
