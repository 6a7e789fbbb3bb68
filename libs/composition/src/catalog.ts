import { createFileCatalog } from '@tenon/catalog';
import type { Engine } from '@tenon/ports';
import { Refusal } from '@tenon/ports';
import type { PlannedCatalog } from '@tenon/runtime';
import { planCatalog } from '@tenon/runtime';

/** @throws Refusal with everything that is wrong with the catalog */
export async function loadCatalog(directory: string, engine: Pick<Engine, 'plan'>): Promise<PlannedCatalog> {
  const planned = await planCatalog(engine, await createFileCatalog(directory).load());
  if (planned.problems.length > 0) throw new Refusal('catalog', planned.problems);
  return planned;
}
