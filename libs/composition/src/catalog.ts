import { systemClock } from '@tenon/adapters-embedded';
import { createFileCatalog, fingerprintOf } from '@tenon/catalog';
import { Refusal } from '@tenon/errors';
import type { Clock, Engine } from '@tenon/ports';
import type { PlannedCatalog } from '@tenon/runtime';
import { planCatalog } from '@tenon/runtime';

/** A catalog without problems, and when it was first read. */
export interface LoadedCatalog extends Pick<PlannedCatalog, 'sources' | 'plans'> {
  /** Equal where equal things are declared. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly readAt: number;
}

/** @throws Refusal with everything that is wrong with the catalog */
export async function loadCatalog(
  directory: string,
  engine: Pick<Engine, 'plan'>,
  clock: Pick<Clock, 'now'> = systemClock,
): Promise<LoadedCatalog> {
  const readAt = clock.now();
  const content = await createFileCatalog(directory).load();
  const { sources, plans, problems } = await planCatalog(engine, content);
  if (problems.length > 0) throw new Refusal('catalog', problems);
  return { sources, plans, fingerprint: fingerprintOf(content), readAt };
}
