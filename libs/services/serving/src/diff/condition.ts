/** A condition on what differs: `changed < 500 and onlyA = 0`. Names are those of a diff's counts. */
import type { Problem } from '@tenon/domain';
import type { DiffAnswer } from './diff';

const NAMES = ['same', 'changed', 'onlyA', 'onlyB', 'different'] as const;
type Name = (typeof NAMES)[number];

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const TERM = /^(\w+)\s*(<=|>=|==|!=|<|>|=)\s*(\d{1,15})$/;

export type Condition = (counts: DiffAnswer['counts']) => boolean;

/** @returns undefined where it is none: `CONDITION_HELP` says what is one */
export function parseCondition(text: string): Condition | undefined {
  const terms: Condition[] = [];
  for (const part of text.split(/\s+and\s+|\s*&&\s*/i)) {
    const [, name, operator, number] = TERM.exec(part.trim()) ?? [];
    const compare = COMPARE[operator ?? ''];
    if (compare === undefined || !(NAMES as readonly string[]).includes(name ?? '')) return undefined;
    terms.push((counts) => compare(counts[name as Name], Number(number)));
  }
  return (counts) => terms.every((term) => term(counts));
}

export const CONDITION_HELP = `A condition is like "changed < 500 and onlyA = 0"; there are ${NAMES.join(', ')}.`;

/** Why a condition does not hold; null: it does. */
export function conditionProblem(text: string, { counts, a, b }: DiffAnswer): Problem | null {
  const holds = parseCondition(text);
  if (holds === undefined) return { code: 'bad-condition', message: CONDITION_HELP };
  if (holds(counts)) return null;
  const said = NAMES.map((name) => `${name} ${counts[name]}`).join(', ');
  return {
    code: 'condition-not-met',
    message: `"${text}" does not hold between v${String(a['version'])} and v${String(b['version'])} at generation ${String(b['generation'])}: ${said}.`,
    hint: 'tenon diff says which rows they are.',
  };
}
