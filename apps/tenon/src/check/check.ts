/** Loads a catalog and plans every product of it, without starting anything; compares it with what runs, if something does. */
import { join } from 'node:path';
import { createFileCatalog } from '@tenon/catalog';
import type { Plan, Problem } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import { planCatalog } from '@tenon/runtime';
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
  const engine = await createEngine();
  try {
    const { sources, plans, problems } = await planCatalog(engine, content);
    const compared = await compareWithRunning(url, sources);
    return {
      sources: sources.map((source) => source.name),
      plans,
      problems: [...problems, ...(compared?.problems ?? []).map((one) => below(directory, one))],
      warnings: (compared?.warnings ?? []).map((one) => below(directory, one)),
      comparedWith: compared?.url ?? null,
    };
  } finally {
    await engine.close();
  }
}

/** Files as the rest of the check names them. */
const below = (directory: string, problem: Problem): Problem =>
  problem.place === undefined
    ? problem
    : { ...problem, place: { ...problem.place, file: join(directory, problem.place.file) } };
