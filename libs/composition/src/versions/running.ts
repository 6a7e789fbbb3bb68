/** What runs of a catalog: its products, and of each the versions beside it that its life has, by the store's account of them. */
import type { Plan, ProductDefinition, ProductId, SourceDefinition, Versions } from '@tenon/domain';
import { idOf, productId, runningVersions } from '@tenon/domain';
import { Refusal } from '@tenon/errors';
import type { Engine, Logger, ProductStore } from '@tenon/ports';
import type { WantedPlan } from '@tenon/runtime';
import { registeredSources } from '@tenon/runtime';
import { versionBook } from '@tenon/views';
import type { LoadedCatalog } from '../catalog';

export interface RunningDeps {
  readonly store: ProductStore;
  readonly engine: Pick<Engine, 'plan'>;
  readonly logger: Logger;
}

/** @returns the declared catalog with the plans that are to run, and the sources that these read */
export async function runningOf(deps: RunningDeps, declared: LoadedCatalog): Promise<LoadedCatalog> {
  const names = [...new Set(declared.plans.map(({ product }) => product))];
  const book = versionBook(deps.store);
  const versions = await book.read(names);
  const wanted = names.flatMap((name) => idsOf(name, versions.get(name), declared.plans));
  const registered = await book.plans(wanted);
  const topologies = new Map(registered.map((plan) => [idOf(plan), plan.topology]));
  // A version keeps the topology that it began with, whatever the catalog says by now.
  const known = new Map(
    declared.plans.map((plan) => {
      const id = idOf(plan);
      return [id, { ...plan, topology: topologies.get(id) ?? plan.topology }];
    }),
  );
  const others = registered.filter((plan) => !known.has(idOf(plan)));
  const sources = await withSourcesOf(deps.store, declared.sources, others);
  for (const plan of others) known.set(idOf(plan), await planned(deps, sources, plan));
  const plans = wanted.flatMap((id) => {
    const plan = known.get(id);
    if (plan === undefined) deps.logger.error({ product: id }, 'a version has no plan in the store');
    return plan ?? [];
  });
  return { ...declared, sources, plans };
}

/** Of a name that the store does not know yet the declared version. */
function idsOf(name: string, versions: Versions | undefined, declared: readonly Plan[]): ProductId[] {
  if (versions !== undefined) return runningVersions(versions).map((version) => productId(name, version));
  return declared.filter(({ product }) => product === name).map(idOf);
}

/** The catalog may have lost a source that a version reads which is still served or kept. */
async function withSourcesOf(
  store: ProductStore,
  sources: readonly SourceDefinition[],
  plans: readonly Plan[],
): Promise<readonly SourceDefinition[]> {
  const missing = [...new Set(plans.map(({ source }) => source))].filter(
    (source) => !sources.some(({ name }) => name === source),
  );
  if (missing.length === 0) return sources;
  const asked = missing.map((name) => ({ name }) as SourceDefinition);
  return [...sources, ...(await store.transact((tx) => registeredSources(tx, asked)))];
}

/** As this release plans it, if that means the same; else as it was registered. */
async function planned(
  { engine }: RunningDeps,
  sources: readonly SourceDefinition[],
  stored: Plan,
): Promise<Plan> {
  const source = sources.find(({ name }) => name === stored.source);
  if (source === undefined) return stored;
  try {
    const plan = await replanned(engine, source, stored, stored.version);
    return plan.hash === stored.hash ? plan : stored;
  } catch (error) {
    // The source's schema may have lost a column since.
    if (error instanceof Refusal) return stored;
    throw error;
  }
}

/** What a plan was made of, under a version of its own. */
export const definitionOf = (
  { product, sql, topology, retentionMicros, generations, description }: Plan,
  version: number,
): ProductDefinition => ({
  ...{ name: product, version, sql, topology, retentionMicros },
  ...(generations !== undefined && { generations }),
  ...(description !== null && { description }),
});

/** The same definition under another number, or with another topology; what it leaves out stays named. */
export async function replanned(
  engine: Pick<Engine, 'plan'>,
  source: SourceDefinition,
  plan: Plan,
  version: number,
  topology = plan.topology,
): Promise<Plan> {
  const made = await engine.plan(source, { ...definitionOf(plan, version), topology });
  return plan.restated === undefined ? made : { ...made, restated: plan.restated };
}

/** Plans a definition under another number. */
export const replanOf =
  (engine: Pick<Engine, 'plan'>, sources: readonly SourceDefinition[]) =>
  ({ plan, version }: WantedPlan): Promise<Plan> =>
    replanned(engine, sources.find(({ name }) => name === plan.source) as SourceDefinition, plan, version);

/** True if the same versions run, by the same definitions. */
export function runsTheSame(a: LoadedCatalog, b: LoadedCatalog): boolean {
  const of = ({ plans }: LoadedCatalog) => plans.map((plan) => `${idOf(plan)} ${plan.hash}`).sort();
  return JSON.stringify(of(a)) === JSON.stringify(of(b));
}
