/**
 * How the work of a backtracking engine, as JavaScript's own, grows with the text that it looks at. Where that is linear, it is
 * used, since it is several times as fast as one that is linear always.
 */
import type { AST } from '@eslint-community/regexpp';

/** What an element costs behind all that stands before it. */
interface Cost {
  /** In how many ways it can match at one place, apart from `loops`. */
  readonly ways: number;
  /** How many of its loops have no bound: each multiplies the ways by the length of the text. */
  readonly loops: number;
  /** The power of the text's length that its own work grows with. */
  readonly degree: number;
}

const CHARACTER: Cost = { ways: 1, loops: 0, degree: 0 };
const HOPELESS: Cost = { ways: Infinity, loops: Infinity, degree: Infinity };

/** More ways than this at one place are left to the linear engine. */
const MAX_WAYS = 512;

/** A character that may be repeated so much more often is as one without a bound. */
const MANY_TIMES = 64;

/** True only if the work is bounded by the text's length times a constant. */
export function isLinearByBacktracking(pattern: AST.Pattern): boolean {
  const cost = alternatives(pattern.alternatives);
  // Without ^ it is tried anew at each place of the text.
  const tries = pattern.alternatives.every(startsAtStart) ? 0 : 1;
  return cost.ways <= MAX_WAYS && Math.max(cost.degree, cost.loops) + tries <= 1;
}

const startsAtStart = ({ elements: [first] }: AST.Alternative): boolean =>
  first?.type === 'Assertion' && first.kind === 'start';

function alternatives(all: readonly AST.Alternative[]): Cost {
  const costs = all.map(sequence);
  return {
    ways: costs.reduce((sum, { ways }) => sum + ways, 0),
    loops: Math.max(0, ...costs.map(({ loops }) => loops)),
    degree: Math.max(0, ...costs.map(({ degree }) => degree)),
  };
}

function sequence({ elements }: AST.Alternative): Cost {
  let all: Cost = CHARACTER;
  for (const element of elements) {
    const next = costOf(element);
    all = {
      ways: all.ways * next.ways,
      loops: all.loops + next.loops,
      // Done once for each way in which what stands before it can match.
      degree: Math.max(all.degree, all.loops + Math.max(next.degree, next.loops)),
    };
  }
  return all;
}

function costOf(element: AST.Element): Cost {
  switch (element.type) {
    case 'Group':
    case 'CapturingGroup':
      return alternatives(element.alternatives);
    case 'Quantifier':
      return repeated(element);
    case 'Assertion': {
      if (element.kind !== 'lookahead' && element.kind !== 'lookbehind') return CHARACTER;
      const within = alternatives(element.alternatives);
      // Nothing goes back into it once it is decided.
      return within.ways > MAX_WAYS
        ? HOPELESS
        : { ways: 1, loops: 0, degree: Math.max(within.degree, within.loops) };
    }
    case 'Backreference':
    case 'ExpressionCharacterClass':
      return HOPELESS;
    default:
      return CHARACTER;
  }
}

function repeated({ min, max, element }: AST.Quantifier): Cost {
  const one = costOf(element);
  const isCharacter =
    element.type === 'Character' || element.type.startsWith('CharacterC') || element.type === 'CharacterSet';
  if (isCharacter && max - min > MANY_TIMES) return { ways: 1, loops: 1, degree: 1 };
  if (max === Infinity) return HOPELESS;
  if (one.loops > 0) return max <= 1 ? { ...one, ways: one.ways + 1 } : HOPELESS;
  let ways = 0;
  for (let times = min; times <= max; times += 1) {
    ways += one.ways ** times;
    if (ways > MAX_WAYS) return HOPELESS;
  }
  return { ways, loops: 0, degree: one.degree };
}
