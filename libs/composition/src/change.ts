/** Whether a process can go on with another catalog: all that would stop it at its start, found while it still runs. */
import { TOPICS, eventsTopic } from '@tenon/contracts';
import type { Plan, Problem } from '@tenon/domain';
import { idOf } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { Taking } from '@tenon/runtime';
import { registerCatalog } from '@tenon/runtime';
import type { LoadedCatalog } from './catalog';
import { judgeCatalog } from './judgement';
import { knownLog } from './known-log';
import type { Parts } from './parts';
import { problemsOf } from './problems';
import { replanOf } from './versions/running';

/**
 * Registers the sources and plans of the new catalog and makes its topics, so that services find everything in order.
 *
 * @param running what the catalog's directory had before
 * @param stored the process has the store
 * @throws Refusal with every problem; the running catalog is then not affected
 */
export async function admit(
  parts: Parts,
  running: LoadedCatalog,
  next: LoadedCatalog,
  stored: boolean,
  taking: Taking,
): Promise<void> {
  // Ingestion alone has no store; then at least what it runs itself is not to change.
  const { problems: changed } = judgeCatalog({ ...running, versions: new Map(), others: [] }, next);
  const files = changed.map(({ place }) => place?.file);
  const sources = next.sources.filter(({ name }) => !files.includes(`sources/${name}.yaml`));
  const problems: Problem[] = [...changed, ...(await topics(parts, { ...next, sources }, stored))];
  if (problems.length > 0) throw new Refusal('catalog', problems);
  if (stored)
    await registerCatalog(await parts.store(), next, taking, replanOf(await parts.engine(), next.sources));
}

const topicsOf = (plan: Plan) => [
  TOPICS.flushes(idOf(plan)),
  ...(plan.topology === 'kappa' ? [] : [TOPICS.ranges(idOf(plan))]),
];

async function topics(parts: Parts, { sources, plans }: LoadedCatalog, stored: boolean): Promise<Problem[]> {
  const log = await knownLog(parts, stored ? 'store' : 'log');
  const wanted = sources.flatMap(({ name, partitions }) => [
    eventsTopic({ name, partitions }),
    ...plans
      .filter((plan) => stored && plan.source === name)
      .flatMap((plan) => topicsOf(plan).map((topic) => ({ name: topic, partitions }))),
  ]);
  const problems: Problem[] = [];
  for (const topic of wanted)
    await log.ensureTopic(topic).catch((error: unknown) => problems.push(...problemsOf(error)));
  return problems;
}
