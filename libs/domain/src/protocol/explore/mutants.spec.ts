/**
 * The promises of the worlds are worth what they find: a rule with one line changed breaks one of them, after a short trace.
 * Where it breaks none the line stands for something that these worlds do not have, and the list says what.
 */
import { transformSync } from '@swc/core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explore } from './explore';
import { exploreLogs } from './logs';
import { CLOSED } from './mutants/closed';
import { FOLDING } from './mutants/folding';
import { LANDING } from './mutants/landing';
import type { Equal, Found } from './mutants/mutant';
import { POINTER } from './mutants/pointer';
import { READING } from './mutants/reading';
import type { Rules } from './rules';
import { RULES } from './rules';
import { WORLDS } from './worlds';
const PROTOCOL = join(__dirname, '..');

type Exports = Record<string, unknown>;

function compile(text: string): string {
  const parser = { syntax: 'typescript' } as const;
  return transformSync(text, { jsc: { target: 'es2022', parser }, module: { type: 'commonjs' } }).code;
}

const sources = new Map<string, string>();
function sourceOf(file: string): string {
  const known = sources.get(file) ?? readFileSync(join(PROTOCOL, `${file}.ts`), 'utf8');
  sources.set(file, known);
  return known;
}

/** The rules with one file of the protocol changed, and the others beside it made anew: they import it. */
function changed(file: string, { was, is }: Found | Equal): Rules {
  const modules = new Map<string, Exports>();
  const load = (name: string): Exports => {
    if (!name.startsWith('./')) return jest.requireActual<Exports>(join(PROTOCOL, name));
    const at = name.slice('./'.length);
    const known = modules.get(at);
    if (known !== undefined) return known;
    const exported: Exports = {};
    modules.set(at, exported);
    const parts = sourceOf(at).split(was);
    if (at === file && parts.length !== 2) throw new Error(`"${was}" does not stand once in ${file}.ts.`);
    const run = new Function('exports', 'require', compile(at === file ? parts.join(is) : sourceOf(at)));
    run(exported, load);
    return exported;
  };
  const all: Exports = {};
  for (const name of ['flush', 'fold', 'judge', 'pointer', 'reach', 'slices'])
    Object.assign(all, load(`./${name}`));
  return Object.fromEntries(Object.keys(RULES).map((name) => [name, all[name]])) as unknown as Rules;
}

const CHANGES = [READING, LANDING, FOLDING, POINTER, CLOSED]
  .flatMap((mutants) => Object.entries(mutants))
  .flatMap(([file, mutants]) => mutants.map((mutant) => ({ file, mutant })));
const FOUND = CHANGES.flatMap(({ file, mutant }) =>
  'found' in mutant ? [{ file, mutant, means: mutant.means }] : [],
);
const EQUAL = CHANGES.flatMap(({ file, mutant }) =>
  'equal' in mutant ? [{ file, mutant, means: mutant.means }] : [],
);

describe('a rule with one line changed', () => {
  it.each(FOUND)('is found: $means ($file)', ({ file, mutant }) => {
    const rules = changed(file, mutant);
    const { broken } = mutant.found === 'logs' ? exploreLogs(rules, 4) : explore(rules, WORLDS[mutant.found]);
    expect(broken?.promise).toBeDefined();
    expect(broken?.trace.length).toBe(mutant.within);
  });

  it.each(EQUAL)('is equal in all states: $means ($file)', ({ file, mutant }) => {
    expect(explore(changed(file, mutant), WORLDS[mutant.equal])).toMatchObject({
      broken: null,
    });
    expect(mutant.because).not.toBe('');
  });
});
