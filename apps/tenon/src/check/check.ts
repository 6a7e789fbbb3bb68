/** Loads a catalog and plans every product of it, without starting anything. */
import { createFileCatalog } from '@tenon/catalog';
import type { Plan, Problem } from '@tenon/domain';
import { createEngine } from '@tenon/engine';
import { planCatalog } from '@tenon/runtime';

export interface Checked {
  readonly sources: readonly string[];
  readonly plans: readonly Plan[];
  readonly problems: readonly Problem[];
}

export async function check(directory: string): Promise<Checked> {
  const content = await createFileCatalog(directory).load();
  const engine = await createEngine();
  try {
    const { sources, plans, problems } = await planCatalog(engine, content);
    return { sources: sources.map((source) => source.name), plans, problems };
  } finally {
    await engine.close();
  }
}
