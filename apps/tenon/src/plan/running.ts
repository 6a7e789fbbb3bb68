/** What runs, as a Tenon tells it, in the form that catalogs are judged by. */
import type { CatalogAnswer, RunningCatalog } from '@tenon/composition';
import type { Plan } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { Engine } from '@tenon/ports';
import { Client } from '../cli/client';
import { failure } from '../cli/failure';

export interface Running extends RunningCatalog {
  /** Its fingerprint. */
  readonly catalog: string;
  readonly sizes: CatalogAnswer['sizes'];
}

/** @throws Failure `unreachable`, `not-tenon`, or the problem that it answers */
export async function askCatalog(url: string): Promise<CatalogAnswer> {
  const client = new Client(url);
  try {
    const answer = await client.json<CatalogAnswer>('/v1/catalog');
    if (!Array.isArray(answer?.sources) || !Array.isArray(answer.products))
      throw failure(
        'not-tenon',
        `${url} answered /v1/catalog with something else.`,
        'Is it a Tenon? See --url.',
      );
    return answer;
  } finally {
    client.close();
  }
}

/** Plans are made here, as those that they are compared with are: another release may give other hashes. */
export async function runningOf(engine: Pick<Engine, 'plan'>, told: CatalogAnswer): Promise<Running> {
  const plans: Plan[] = [];
  const others: Plan[] = [];
  for (const one of told.products)
    (one.declared ? plans : others).push(await planOf(engine, told.sources, one));
  const { catalog, sources, versions, sizes } = told;
  return { catalog, sources, plans, others, versions: new Map(Object.entries(versions)), sizes };
}

async function planOf(
  engine: Pick<Engine, 'plan'>,
  sources: CatalogAnswer['sources'],
  { declared: _, name, ...told }: CatalogAnswer['products'][number],
): Promise<Plan> {
  const { version, sql, topology, retentionMicros, generations, description } = told;
  const source = sources.find((one) => one.name === told.source);
  const asTold: Plan = {
    ...{ v: 1, product: name, states: [], measures: [] },
    ...{ ...told, columns: told.columns.map((one) => ({ ...one, index: null })) },
    ...{ engine: { columns: [], partial: '', rows: null, finalize: null } },
  };
  if (source === undefined) return asTold;
  try {
    const plan = await engine.plan(source, {
      ...{ name, version, sql, topology, retentionMicros },
      ...(generations !== undefined && { generations }),
      ...(description !== null && { description }),
    });
    return told.restated === undefined ? plan : { ...plan, restated: told.restated };
  } catch (error) {
    // The source may have lost a column since a version that is kept was declared.
    if (error instanceof Refusal) return asTold;
    throw error;
  }
}
