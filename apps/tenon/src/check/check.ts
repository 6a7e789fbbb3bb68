/** Loads a catalog and plans every product of it, without starting anything; compares it with what runs, if something does. */
import { join } from 'node:path';
import { createFileCatalog } from '@tenon/catalog';
import type { Plan, Problem } from '@tenon/domain';
import { isRowsOption, ROWS_PREFIXES } from '@tenon/contracts';
import { createEngine } from '@tenon/engine';
import { planCatalog, plannerOptions } from '@tenon/runtime';
import { noteProblems } from '../cli/stuck';
import { compareWithRunning } from './compare';

export interface Checked {
  readonly sources: readonly string[];
  readonly plans: readonly Plan[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** The Tenon that it was compared with; null: none was reached. */
  readonly comparedWith: string | null;
}

export async function check(directory: string, url: string): Promise<Checked> {
  const content = await createFileCatalog(directory).load();
  const engine = await createEngine(plannerOptions(process.env));
  try {
    const { sources, plans, problems } = await planCatalog(engine, content);
    noteProblems(problems);
    const compared = await compareWithRunning(url, sources);
    return {
      sources: sources.map((source) => source.name),
      plans,
      problems: [...problems, ...(compared?.problems ?? []).map((one) => below(directory, one))],
      warnings: [
        ...plans.flatMap(columnsLikeOptions),
        ...(compared?.warnings ?? []).map((one) => below(directory, one)),
      ],
      comparedWith: compared?.url ?? null,
    };
  } finally {
    await engine.close();
  }
}

/** Key columns that take the name of an option away from it. */
function columnsLikeOptions({ product, key }: Plan): Problem[] {
  const names = key.flatMap(({ column }) => column ?? []).filter(isRowsOption);
  return names.map((name) => ({
    code: 'column-like-option',
    message: `${product} has the key column ${name}, and rows have an option of that name.`,
    hint: `?${name}=… and ?${ROWS_PREFIXES.where}${name}=… ask for the column, ?${ROWS_PREFIXES.option}${name}=… is the option.`,
  }));
}

/** Files as the rest of the check names them. */
const below = (directory: string, problem: Problem): Problem =>
  problem.place === undefined
    ? problem
    : { ...problem, place: { ...problem.place, file: join(directory, problem.place.file) } };
